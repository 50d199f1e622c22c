"""The command as a whole: quick help with examples, one sentence for every refusal, the right exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from connectors.errors import AuthFailed
from handoff.cli import log
from handoff.cli.main import failed
from tests.unit.cli.conftest import Command, cpu_seconds_of
from tests.unit.cli.exports import write_export

COMMANDS = [
    ("sandbox",),
    ("sync",),
    ("rerun",),
    ("sweep",),
    ("check",),
    ("report",),
    ("queue", "list"),
    ("queue", "show"),
    ("explain",),
    ("pack", "check"),
    ("adopt", "customers"),
    ("stop",),
    ("start",),
    ("doctor",),
    ("verify",),
    ("demo",),
    ("owners", "check"),
    ("workflow",),
]
HEAVY = {"polars", "pandera", "prefect", "sqlalchemy", "stripe", "asana", "simple_salesforce", "babel", "jinja2"}


def loaded_after(*words: str) -> set[str]:
    """The packages that a command has imported by its end, asked of a process of its own."""
    program = (
        "import sys\n"
        "from handoff.cli.main import run\n"
        "try:\n"
        f"    run({list(words)!r})\n"
        "except SystemExit as ended:\n"
        "    assert ended.code == 0, ended.code\n"
        "sys.stderr.write('\\n'.join(name.partition('.')[0] for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(handoff: Command, words: tuple[str, ...]) -> None:
    shown = handoff(*words, "--help")
    assert shown.code == 0
    assert "Example" in shown.out
    assert f"handoff {' '.join(words)}" in shown.out


def test_help_names_every_command(handoff: Command) -> None:
    shown = handoff("--help")
    for words in COMMANDS:
        assert words[0] in shown.out


def test_help_imports_nothing_heavy_and_check_never_imports_prefect(tmp_path: Path) -> None:
    assert not HEAVY & loaded_after("--help")
    export = write_export(tmp_path / "export")
    loaded = loaded_after("check", str(export), "--pack", "crm_sales_opportunities", "--html", str(tmp_path / "c.html"))
    assert not {"prefect", "stripe", "asana", "simple_salesforce", "sqlalchemy", "fastapi"} & loaded
    assert "pandera" in loaded


def test_help_comes_at_once() -> None:
    assert cpu_seconds_of("--help") < 0.5


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("sync", "--nonsense"), ("check",), ("stop",), ("queue",), ("check", "x", "--pack")],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two_and_prints_nothing_on_stdout(handoff: Command, words: tuple[str, ...]) -> None:
    refused = handoff(*words)
    assert refused.code == 2
    assert "Traceback" not in refused.err
    if words != ("queue",):
        assert refused.out == ""


@pytest.mark.parametrize("words", [("sync",), ("sync", "--dry-run"), ("rerun", "--all"), ("verify",), ("explain", "x")])
def test_without_a_pack_one_sentence_says_which_setting_is_missing(handoff: Command, words: tuple[str, ...]) -> None:
    refused = handoff(*words)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("handoff: No pack is set: point HANDOFF_PACK at a folder")
    assert refused.err.count("\n") == 1


def test_without_credentials_a_sync_names_the_missing_setting(
    handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    refused = handoff("sync", "--json")
    assert (refused.code, refused.out) == (2, "")
    assert "HANDOFF_SALESFORCE_LOGIN_URL is not set" in refused.err


def test_a_wrong_setting_is_named_without_its_value(handoff: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_THREADS", "sk_live_secret")
    refused = handoff("queue", "list")
    assert refused.code == 2
    assert "HANDOFF_THREADS" in refused.err
    assert "sk_live_secret" not in refused.err


def test_a_home_that_cannot_be_made_is_a_sentence(
    handoff: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "file" / "home"))
    refused = handoff("queue", "list")
    assert refused.code == 2
    assert "cannot be used: Not a directory" in refused.err


def test_a_store_that_cannot_be_opened_is_a_sentence(handoff: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_STORE_URL", "nonsense://")
    refused = handoff("queue", "list")
    assert refused.code == 1
    assert refused.err.startswith("handoff: HANDOFF_STORE_URL is not a database URL")


def test_a_defect_is_one_line_and_its_trace_is_kept_without_its_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
    address = "ada" + "@example.com"
    with pytest.raises(RuntimeError) as defect:
        raise RuntimeError(address)
    assert failed(defect.value) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "defect of handoff (RuntimeError)" in told
    kept = (tmp_path / "home" / "handoff.log").read_text()
    assert "builtins.RuntimeError" in kept
    assert "test_contract.py" in kept
    assert address not in kept + told
    assert (tmp_path / "home" / "handoff.log").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "run.db"), AuthFailed("no", service="Asana")])
def test_a_full_disk_and_a_failing_service_are_one_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    assert failed(error) == 1
    told = capsys.readouterr().err
    assert told.startswith(("handoff: run.db: No space left on device.", "handoff: Asana: no"))
    assert told.count("\n") == 1


def test_a_line_break_in_a_log_message_forges_no_line(tmp_path: Path) -> None:
    error = RuntimeError("x")
    file = log.write_trace(tmp_path, error)
    log.write_trace(tmp_path, error)
    assert len(file.read_text().splitlines()) == 2


def test_the_actor_is_named_by_as_then_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from handoff.cli.opening import actor  # noqa: PLC0415 - beside its only test

    monkeypatch.setenv("HANDOFF_ACTOR", "ada")
    assert actor("bob") == "bob"
    assert actor() == "ada"
    monkeypatch.delenv("HANDOFF_ACTOR")
    monkeypatch.setenv("LOGNAME", "cleo")
    assert actor() == "cleo"


def test_an_empty_actor_is_refused(handoff: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    refused = handoff("stop", "--why", "x", "--as", " ")
    assert refused.code == 2
    assert "--as is empty" in refused.err
