"""The export folder: what is read, and the one sentence for each file that cannot be."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.errors import Refused
from connectors.export_files import ORG_ID, ExportFiles
from connectors.ports import DealSource, SourceQuery
from handoff.core.errors import UsageError
from handoff.core.pack import SourceMap

QUERY = SourceQuery(object="deals", fields=())
PLAIN = {"file": "deals.csv", "fields": {"deal_id": {"from": "id"}, "amount": {"from": "amount"}}}


def export(folder: Path, deals: bytes, files: dict[str, str] | None = None, **choices: Any) -> ExportFiles:
    (folder / "deals.csv").write_bytes(deals)
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return ExportFiles(folder, SourceMap.model_validate({**PLAIN, **choices}))


def rows(source: ExportFiles) -> list[dict[str, Any]]:
    return [snapshot for page in source.read(QUERY, None) for snapshot in page.snapshots]


def wrong(folder: Path, deals: bytes, files: dict[str, str] | None = None, **choices: Any) -> str:
    with pytest.raises(UsageError) as caught:
        rows(export(folder, deals, files, **choices))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_every_cell_is_told_as_text_and_an_empty_one_as_none(tmp_path: Path) -> None:
    source = export(tmp_path, b"id,amount,note\n1,007.50,\n")
    assert rows(source) == [{"id": "1", "amount": "007.50", "note": None}]
    assert source.total_rows == 1


def test_pages_hold_two_thousand_rows_without_stamps(tmp_path: Path) -> None:
    source = export(tmp_path, b"id,amount\n" + b"".join(b"%d,1\n" % n for n in range(4_500)))
    pages = list(source.read(QUERY, None))
    assert [len(page.snapshots) for page in pages] == [2_000, 2_000, 500]
    assert {page.stamp for page in pages} == {None}
    assert source.total_rows == 4_500


def test_a_dotted_header_is_a_parent_as_a_crm_tells_it(tmp_path: Path) -> None:
    source = export(tmp_path, b"id,amount,Account.Name\n1,2,Acme\n")
    assert rows(source)[0]["Account"] == {"Name": "Acme"}


def test_a_join_hangs_its_row_under_the_deal_and_none_where_nothing_matches(tmp_path: Path) -> None:
    joins = {
        "team": {"file": "team.csv", "on": {"agent": "name"}},
        "boss": {"file": "boss.csv", "on": {"team.manager": "manager"}},
    }
    files = {"team.csv": "name,manager\nAnna,Dustin\n,Nobody\n", "boss.csv": "manager,region\nDustin,Central\n"}
    source = export(tmp_path, b"id,amount,agent\n1,2,Anna\n2,2,Zoe\n3,2,\n", files, joins=joins)
    first, second, third = rows(source)
    assert first["team"] == {"name": "Anna", "manager": "Dustin"}
    assert first["boss"] == {"manager": "Dustin", "region": "Central"}
    assert (second["team"], second["boss"]) == (None, None)
    assert (third["team"], third["boss"]) == (None, None)


def test_a_join_on_two_columns_matches_both(tmp_path: Path) -> None:
    joins = {"price": {"file": "price.csv", "on": {"product": "p", "region": "r"}}}
    files = {"price.csv": "p,r,list\nA,EU,10\nA,US,12\n"}
    source = export(tmp_path, b"id,amount,product,region\n1,2,A,US\n", files, joins=joins)
    assert rows(source)[0]["price"]["list"] == "12"


def test_a_key_that_stands_twice_in_a_join_file_is_refused_with_its_lines(tmp_path: Path) -> None:
    joins = {"team": {"file": "team.csv", "on": {"agent": "name"}}}
    said = wrong(tmp_path, b"id,amount,agent\n1,2,Anna\n", {"team.csv": "name,x\nAnna,1\nBea,2\nAnna,3\n"}, joins=joins)
    assert "team.csv has the same name on lines 2 and 4" in said
    assert "Anna" not in said


def test_a_deal_id_that_stands_twice_is_passed_on_for_the_gate_to_hold(tmp_path: Path) -> None:
    assert [row["id"] for row in rows(export(tmp_path, b"id,amount\n1,2\n1,3\n"))] == ["1", "1"]


def test_parquet_is_read_as_text_too(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1, 2], "amount": ["1.50", None], "won": [True, False]}).write_parquet(tmp_path / "d.parquet")
    source = ExportFiles(tmp_path, SourceMap.model_validate({**PLAIN, "file": "d.parquet"}))
    assert rows(source)[0] == {"id": "1", "amount": "1.50", "won": "true"}
    assert rows(source)[1]["amount"] is None
    assert source.total_rows == 2


def test_a_parquet_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "d.parquet").write_bytes(b"id,amount\n1,2\n")
    with pytest.raises(UsageError, match="no Parquet file"):
        ExportFiles(tmp_path, SourceMap.model_validate({**PLAIN, "file": "d.parquet"}))


def test_deals_are_found_by_id_and_unknown_ids_are_left_out(tmp_path: Path) -> None:
    source = export(tmp_path, b"id,amount\n1,2\n2,3\n")
    assert [row["id"] for row in source.by_ids(QUERY, ["2", "9"])] == ["2"]


def test_an_export_is_a_deal_source_that_never_writes(tmp_path: Path) -> None:
    source: DealSource = export(tmp_path, b"id,amount\n1,2\n")
    with pytest.raises(Refused, match="files that somebody exported"):
        source.write_back("deals", [{"Id": "1"}])
    assert source.org_id() == ORG_ID
    assert len(ORG_ID) == 18
    assert source.calls == 0


def test_check_says_what_can_be_read(tmp_path: Path) -> None:
    assert "deals.csv: 1 rows with 2 columns" in export(tmp_path, b"id,amount\n1,2\n").check()


def test_describe_lists_the_columns_joined_ones_included(tmp_path: Path) -> None:
    joins = {"team": {"file": "team.csv", "on": {"agent": "name"}}}
    source = export(tmp_path, b"id,amount,agent\n", {"team.csv": "name,manager\n"}, joins=joins)
    assert set(source.describe("deals")) == {"id", "amount", "agent", "team.name", "team.manager"}


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        ExportFiles(tmp_path / "none", SourceMap.model_validate(PLAIN))


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id\n")
    with pytest.raises(UsageError, match="Name the folder that holds it"):
        ExportFiles(tmp_path / "deals.csv", SourceMap.model_validate(PLAIN))


def test_a_missing_file_is_said_with_the_files_that_are_there(tmp_path: Path) -> None:
    said = wrong(tmp_path, b"id,amount\n", file="other.csv")
    assert "other.csv does not exist" in said
    assert "holds deals.csv" in said


def test_a_missing_column_is_said_with_file_column_and_the_columns_there(tmp_path: Path) -> None:
    assert wrong(tmp_path, b"id,betrag\n1,2\n").startswith("deals.csv has no column amount; it has id, betrag.")


def test_a_missing_column_of_a_joined_file_is_said(tmp_path: Path) -> None:
    joins = {"team": {"file": "team.csv", "on": {"agent": "name"}}}
    fields = {"deal_id": {"from": "id"}, "rep_manager": {"from": "team.manager"}}
    said = wrong(tmp_path, b"id,agent\n1,A\n", {"team.csv": "name,boss\nA,B\n"}, joins=joins, fields=fields)
    assert said.startswith("team.csv has no column manager; it has name, boss.")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_wrong_delimiter_is_said_with_the_one_it_looks_like(tmp_path: Path, delimiter: str) -> None:
    said = wrong(tmp_path, f"id{delimiter}amount\n1{delimiter}2\n".encode())
    assert f"like {delimiter!r}" in said
    assert "fields.yaml" in said
    assert rows(export(tmp_path, f"id{delimiter}amount\n1{delimiter}2\n".encode(), delimiter=delimiter))


def test_a_delimiter_of_two_characters_is_said(tmp_path: Path) -> None:
    assert "not one character" in wrong(tmp_path, b"id,amount\n", delimiter="||")


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    assert rows(export(tmp_path, b'\xef\xbb\xbf"id",amount\n1,2\n'))[0]["id"] == "1"


def test_latin_1_is_said_with_its_line_and_accepted_when_stated(tmp_path: Path) -> None:
    deals = "id,amount,name\n1,2,Acme\n2,3,Café\n".encode("latin-1")
    said = wrong(tmp_path, deals)
    assert "not utf-8" in said
    assert "line 3" in said
    assert "`encoding: latin-1`" in said
    assert rows(export(tmp_path, deals, encoding="latin-1"))[1]["name"] == "Café"


def test_latin_1_in_the_header_is_said_too(tmp_path: Path) -> None:
    assert "line 1" in wrong(tmp_path, "id,amount,Größe\n1,2,3\n".encode("latin-1"))


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    deals = "id,amount\n1,2\n".encode("utf-16")
    assert "`encoding: utf-16`" in wrong(tmp_path, deals)
    assert rows(export(tmp_path, deals, encoding="utf-16")) == [{"id": "1", "amount": "2"}]


def test_an_unknown_encoding_is_said(tmp_path: Path) -> None:
    assert "encoding 'utf-88'" in wrong(tmp_path, b"id,amount\n", encoding="utf-88")


@pytest.mark.parametrize("deals", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said(tmp_path: Path, deals: bytes) -> None:
    assert "deals.csv is empty" in wrong(tmp_path, deals)


@pytest.mark.parametrize("deals", [b"id,amount", b"id,amount\n", b"id,amount\r\n\r\n"])
def test_a_header_alone_means_no_deals(tmp_path: Path, deals: bytes) -> None:
    source = export(tmp_path, deals)
    assert list(source.read(QUERY, None)) == []
    assert source.total_rows == 0


def test_a_column_named_twice_is_said(tmp_path: Path) -> None:
    assert "several columns named amount" in wrong(tmp_path, b"id,amount,amount\n1,2,3\n")


def test_ten_megabytes_in_one_cell_are_kept(tmp_path: Path) -> None:
    found = rows(export(tmp_path, b"id,amount,note\n1,2," + b"x" * 10_000_000 + b"\n2,3,y\n"))
    assert [len(row["note"]) for row in found] == [10_000_000, 1]


def test_ragged_lines_are_said_with_their_numbers_before_any_row_is_told(tmp_path: Path) -> None:
    source = export(tmp_path, b'id,amount,note\n1,2,"two\nlines"\n2,3\n3,1,234.50,x\n')
    with pytest.raises(UsageError, match=r"line 4 \(2 cells\), line 5 \(4 cells\)"):
        next(source.read(QUERY, None))


def test_many_ragged_lines_are_counted(tmp_path: Path) -> None:
    assert "and 7 more" in wrong(tmp_path, b"id,amount\n" + b"1\n" * 10)


@pytest.mark.parametrize("deals", [b'id,amount\n1,"2\n3,4\n', b'id,amount\n1,"2"x\n'])
def test_broken_quotes_are_said_with_their_line(tmp_path: Path, deals: bytes) -> None:
    assert "deals.csv, line 2" in wrong(tmp_path, deals)


def test_blank_lines_are_no_deals(tmp_path: Path) -> None:
    assert [row["id"] for row in rows(export(tmp_path, b"\nid,amount\n\n1,2\n\n2,3\n"))] == ["1", "2"]


def test_an_export_without_a_file_of_deals_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no `file`"):
        ExportFiles(tmp_path, SourceMap.model_validate({"fields": {}}))
