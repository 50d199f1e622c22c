"""`handoff workflow`: on the screen, as a page, as JSON."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command


def test_the_workflow_is_text_for_people(handoff: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    shown = handoff("workflow")
    assert shown.code == 0
    assert (
        "3. Open the project, once the invoice is out\n   who answers      Head of delivery: Kwame Mensah\n"
        in shown.out
    )
    assert "done             within 1 working hour (Europe/Berlin)" in shown.out


def test_the_workflow_is_a_page_and_a_document(handoff: Command, tmp_path: Path):
    told = handoff("workflow", "--pack", "crm_sales_opportunities", "--html", tmp_path / "w.html", "--json")
    assert [step["id"] for step in told.json["steps"]] == ["check", "invoice", "project", "write_back"]
    assert told.json["steps"][1]["answers"]["title"] == "Head of sales"
    assert "Open the project in which the customer is served" in (tmp_path / "w.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_a_sentence(handoff: Command, tmp_path: Path):
    refused = handoff("workflow", "--pack", "demo", "--html", tmp_path / "nowhere" / "w.html")
    assert (refused.code, refused.out) == (2, "")
    assert "cannot be written" in refused.err
