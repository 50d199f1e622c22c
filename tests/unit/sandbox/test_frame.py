"""The sandbox's frame: seed files, options, clock, counting, limits, and the process itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox import server
from sandbox.__main__ import main, parse
from sandbox.clock import Clock
from sandbox.frame import Frame, template
from sandbox.seed import SeedError, read_seed
from sandbox.world import World
from tests.asgi_client import call


def write(folder: Path, name: str, content: str | bytes) -> Path:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_folder_of_json_and_csv_is_read_by_file_stem(tmp_path: Path) -> None:
    write(tmp_path, "Opportunity.json", '[{"Id": "006x", "Amount": 12.5, "IsWon": true}]')
    write(tmp_path, "Account.csv", 'Id,Name,Phone\r\n001x,"Acme, Inc.\nWest",\r\n\r\n001y,"say ""hi""",1\r\n')
    write(tmp_path, "stripe.customers.json", '{"records": [{"id": "cus_1"}]}')
    write(tmp_path, "Contact.json", '{"status": 0, "result": {"totalSize": 1, "records": [{"Id": "003x"}]}}')
    write(tmp_path, "README.md", "not a seed")
    assert read_seed(tmp_path) == {
        "Opportunity": [{"Id": "006x", "Amount": 12.5, "IsWon": True}],
        "Account": [
            {"Id": "001x", "Name": "Acme, Inc.\nWest", "Phone": None},
            {"Id": "001y", "Name": 'say "hi"', "Phone": "1"},
        ],
        "stripe.customers": [{"id": "cus_1"}],
        "Contact": [{"Id": "003x"}],
    }


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    write(tmp_path, "Account.csv", b"\xef\xbb\xbfId,Name\n001x,Acme\n")
    write(tmp_path, "Contact.json", b'\xef\xbb\xbf[{"Id": "003x"}]')
    assert read_seed(tmp_path) == {"Account": [{"Id": "001x", "Name": "Acme"}], "Contact": [{"Id": "003x"}]}


def test_a_cell_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    write(tmp_path, "Account.csv", "Id,Name\n001x," + "a" * 10_000_000 + "\n")
    assert len(read_seed(tmp_path)["Account"][0]["Name"]) == 10_000_000


def test_a_csv_of_a_header_alone_holds_no_rows(tmp_path: Path) -> None:
    write(tmp_path, "Account.csv", "Id,Name\n")
    assert read_seed(tmp_path) == {"Account": []}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("Deal.json", '[{"Id": "006x",}]', "is not JSON"),
        ("Deal.json", '[{"Amount": NaN}]', "NaN is not a JSON number"),
        ("Deal.json", '{"rows": []}', "holds no list of rows"),
        ("Deal.json", "7", "holds no list of rows"),
        ("Deal.json", '[{"Id": 1}, 2]', "row 2 is not an object"),
        ("Deal.json", "", "the file is empty"),
        ("Deal.csv", "", "the file is empty"),
        ("Deal.csv", "  \n", "the file is empty"),
        ("Deal.csv", "Id,Name\n006x\n", "line 2 has 1 cells, the header has 2"),
        ("Deal.csv", 'Id,Name\n006x,"open\n', "is not CSV"),
        ("Deal.csv", "Id,Id\n1,2\n", "the column Id is named twice"),
        ("Deal.csv", "Id,\n1,2\n", "a column has no name"),
        ("Deal.csv", "Id;Name\n1;2\n", "separated by semicolons"),
        ("Deal.csv", "Id,Name\n1,Café\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_broken_seed_file_is_named_with_what_is_wrong(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(SeedError) as caught:
        read_seed(write(tmp_path, name, content))
    assert str(tmp_path / name) in str(caught.value)
    assert said in str(caught.value)


def test_one_object_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "Account.csv", "Id\n1\n")
    write(tmp_path, "Account.json", "[]")
    with pytest.raises(SeedError, match="Account is seeded by two files"):
        read_seed(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--frob"], "unrecognized arguments: --frob"),
        (["--del", "5"], "unrecognized arguments: --del 5"),
        (["--delay-ms", "-1"], "argument --delay-ms"),
        (["--delay-ms", "soon"], "'soon' is not a whole number from 0 up"),
        (["--limits", "some"], "invalid choice: 'some'"),
        (["--stripe-rate", "0"], "0 is not above zero"),
        (["--asana-rate", "nan"], "'nan' is not a number from 0 up"),
        (["--asana-port", "70000"], "70000 is not a port"),
    ],
)
def test_a_wrong_option_ends_with_two_and_one_sentence(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(options)
    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in errors
    assert errors.count("\n") == 1


def test_a_missing_seed_folder_ends_with_two_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 2
    assert f"The seed folder {tmp_path / 'none'} is not there" in capsys.readouterr().err


def test_a_taken_port_ends_with_two_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.listen({}, tmp_path) as listeners:
        port = listeners.urls()["asana"].rsplit(":", 1)[1]
        assert main(["--asana-port", port]) == 2
    assert f"Port {port} for asana cannot be used" in capsys.readouterr().err


def test_settings_are_written_for_their_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sandbox.env"
    file.write_text("old")
    file.chmod(0o644)
    server.print_settings({"HANDOFF_A": "1", "HANDOFF_B": "2"}, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == capsys.readouterr().out == "HANDOFF_A=1\nHANDOFF_B=2\n"


def test_settings_that_cannot_be_written_say_where(tmp_path: Path) -> None:
    with pytest.raises(server.ServeError, match="name another file with --env"):
        server.print_settings({}, tmp_path / "none" / "sandbox.env")


def test_the_clock_is_set_and_runs_on_from_there() -> None:
    clock = Clock()
    clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    clock.shift(3600)
    assert timedelta() <= clock.now() - datetime(2030, 1, 1, 1, tzinfo=UTC) < timedelta(seconds=10)
    with pytest.raises(ValueError, match="has no time zone"):
        clock.set(datetime(2030, 1, 1))  # noqa: DTZ001 - the broken input


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/v1/invoices/in_1Qabc/add_lines", "/v1/invoices/{id}/add_lines"),
        ("/v1/customers/cus_9/tax_ids/txi_1", "/v1/customers/{id}/tax_ids/{id}"),
        ("/api/1.0/projects/1209000000000101/tasks", "/api/1.0/projects/{id}/tasks"),
        ("/api/1.0/tasks/external%3A006%2Fx", "/api/1.0/tasks/{id}"),
        ("/services/data/v62.0/query/0r8xx3d9RTXbmcAAD-2000", "/services/data/v62.0/query/{id}"),
        (
            "/services/data/v62.0/sobjects/Opportunity/006Hs00000abcdeIAA",
            "/services/data/v62.0/sobjects/Opportunity/{id}",
        ),
        (
            "/services/data/v62.0/sobjects/OpportunityLineItem/describe",
            "/services/data/v62.0/sobjects/OpportunityLineItem/describe",
        ),
    ],
)
def test_calls_are_counted_by_their_kind(path: str, counted: str) -> None:
    assert template(path) == counted


async def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def framed(world: World, service: str) -> Frame:
    app = Starlette(routes=[Route("/{path:path}", _hello, methods=["GET", "POST"])])
    return Frame(app, service=service, world=world, state=lambda: {"things": [1]})


def test_state_lists_the_objects_and_the_calls_but_does_not_count_itself() -> None:
    frame = framed(World(), "stripe")
    for _ in range(2):
        assert call(frame, "GET", "/v1/invoices/in_1").content == b"hello"
    state = call(frame, "GET", "/_state").json()
    assert state["things"] == [1]
    assert state["calls"] == {"GET /v1/invoices/{id}": 2}


def test_control_moves_the_clock_and_sets_delay_and_limits() -> None:
    world = World()
    orders = {"set": "2031-05-06T07:08:09Z", "shift": 60, "delay_ms": 1, "limits": True}
    assert call(framed(world, "asana"), "POST", "/_control", orders).status == 200
    assert world.clock.now() - datetime(2031, 5, 6, 7, 9, 9, tzinfo=UTC) < timedelta(seconds=10)
    assert (world.delay_ms, world.vendor_limits) == (1, True)


@pytest.mark.parametrize(
    "orders",
    [
        [],
        {"frob": 1},
        {"delay_ms": "5"},
        {"delay_ms": -1},
        {"shift": True},
        {"set": "soon"},
        {"set": "2031-05-06T07:08:09"},
    ],
)
def test_a_wrong_control_order_is_refused_and_changes_nothing(orders: object) -> None:
    world = World()
    before = datetime.now(UTC)
    assert call(framed(world, "asana"), "POST", "/_control", orders).status == 400
    assert (world.delay_ms, world.vendor_limits) == (0, False)
    assert abs(world.clock.now() - before) < timedelta(seconds=10)


def test_state_cannot_be_written_to() -> None:
    assert call(framed(World(), "asana"), "POST", "/_state").status == 405


def test_stripe_allows_so_many_calls_a_second_for_each_key() -> None:
    seconds = [0.0]
    world = World(vendor_limits=True, stripe_rate=3, ticks=lambda: seconds[0])
    frame = framed(world, "stripe")

    def ask(key: str) -> int:
        return call(frame, "GET", "/v1/account", headers={"authorization": f"Bearer {key}"}).status

    assert [ask("sk_test_handoff_a") for _ in range(4)] == [200, 200, 200, 429]
    assert ask("sk_test_handoff_b") == 200
    seconds[0] = 1 / 3
    assert [ask("sk_test_handoff_a") for _ in range(2)] == [200, 429]
    refused = call(frame, "GET", "/v1/account", headers={"authorization": "Bearer sk_test_handoff_a"})
    assert refused.json()["error"]["code"] == "rate_limit"
    assert "stripe-should-retry" not in refused.headers


def test_asana_counts_refused_calls_too_and_says_when_to_come_back() -> None:
    seconds = [0.0]
    world = World(vendor_limits=True, asana_rate=12, ticks=lambda: seconds[0])  # 2 at once, then one in 5 s
    frame = framed(world, "asana")

    def ask() -> tuple[int, str | None]:
        answer = call(frame, "GET", "/api/1.0/users/me", headers={"authorization": "Bearer x"})
        return answer.status, answer.headers.get("retry-after")

    assert [ask() for _ in range(4)] == [(200, None), (200, None), (429, "5"), (429, "10")]
    seconds[0] = 10
    assert ask() == (429, "5")
    seconds[0] = 20
    assert ask() == (200, None)


def test_without_limits_nothing_is_refused() -> None:
    frame = framed(World(stripe_rate=1), "stripe")
    assert {call(frame, "GET", "/v1/account").status for _ in range(5)} == {200}


def test_an_order_that_an_app_offers_is_followed_and_a_wrong_one_is_a_400() -> None:
    world = World()
    followed: list[object] = []

    def follow(given: object) -> Callable[[], None]:
        if given == "wrong":
            raise ValueError("not so")
        return lambda: followed.append(given)

    world.orders["paint"] = follow
    frame = framed(world, "asana")
    assert call(frame, "POST", "/_control", {"paint": "red", "delay_ms": 3}).status == 200
    assert (followed, world.delay_ms) == (["red"], 3)
    assert call(frame, "POST", "/_control", {"paint": "wrong"}).status == 400
    assert call(frame, "POST", "/_control", {"polish": 1}).status == 400
