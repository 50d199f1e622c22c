"""Connectors from settings: every missing one is named, with what to do."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.wire import said
from handoff.core.errors import UsageError
from handoff.core.settings import Settings

COMPLETE: dict[str, Any] = {
    "salesforce_login_url": "https://login.test",
    "salesforce_client_id": "id",
    "salesforce_client_secret": "CANARY",
    "stripe_key": "sk_test_CANARY",
    "asana_token": "CANARY",
    "asana_workspace": "9",
}


def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name in ("HANDOFF_STRIPE_KEY_EU", *(f"HANDOFF_{key.upper()}" for key in COMPLETE)):
        monkeypatch.delenv(name, raising=False)
    return Settings(**{**COMPLETE, **changes})


@pytest.mark.parametrize("empty", [None, "", "  "])
@pytest.mark.parametrize("name", ["salesforce_login_url", "salesforce_client_id", "salesforce_client_secret"])
def test_a_missing_setting_of_salesforce_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, empty: str | None
) -> None:
    with pytest.raises(UsageError, match=f"HANDOFF_{name.upper()} is not set: it must hold"):
        connectors.open_salesforce(settings(tmp_path, monkeypatch, **{name: empty}))


@pytest.mark.parametrize("name", ["asana_token", "asana_workspace"])
def test_a_missing_setting_of_asana_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(UsageError, match=f"HANDOFF_{name.upper()} is not set"):
        connectors.open_tracker(settings(tmp_path, monkeypatch, **{name: None}))


def test_a_missing_key_of_stripe_is_named_by_its_account_and_no_other_key_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="HANDOFF_STRIPE_KEY is not set"):
        connectors.open_billing(settings(tmp_path, monkeypatch, stripe_key=None))
    with pytest.raises(UsageError, match="HANDOFF_STRIPE_KEY_EU is not set"):
        connectors.open_billing(settings(tmp_path, monkeypatch), "eu")


@pytest.mark.parametrize("name", ["salesforce_login_url", "stripe_url", "asana_url"])
def test_an_address_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opened = settings(tmp_path, monkeypatch, **{name: "login.test"})
    opening: dict[str, Callable[[Settings], object]] = {
        "salesforce_login_url": connectors.open_salesforce,
        "stripe_url": connectors.open_billing,
        "asana_url": connectors.open_tracker,
    }
    with pytest.raises(UsageError, match=f"HANDOFF_{name.upper()} must be an address"):
        opening[name](opened)


def test_a_certificate_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="HANDOFF_SALESFORCE_CA_FILE names"):
        connectors.open_salesforce(settings(tmp_path, monkeypatch, salesforce_ca_file=tmp_path / "no.pem"))


def test_opening_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = settings(tmp_path, monkeypatch)
    opened = (
        connectors.open_salesforce(complete),
        connectors.open_billing(complete),
        connectors.open_tracker(complete),
    )
    assert [connector.calls for connector in opened] == [0, 0, 0]
    assert "CANARY" not in repr(opened)


def test_no_sdk_is_imported_before_its_service_is_opened() -> None:
    code = "import sys, connectors; print([m for m in ('simple_salesforce', 'stripe', 'asana') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_service_says_is_cut_to_one_line_without_what_we_sent() -> None:
    told = said("Bad\n value 'Acme Corp'  for a@b.example " + "x" * 500, {"n": {"m": ["Acme Corp", "usd"]}})
    assert told.startswith("Bad value '…' for …")
    assert len(told) == 300


def test_a_longer_value_is_masked_before_a_shorter_one_within_it() -> None:
    assert said("Acme Corporation", ["Acme", "Acme Corporation"]) == "…"


def test_short_values_such_as_currencies_stay_readable() -> None:
    assert said("currency usd is not supported", {"currency": "usd"}) == "currency usd is not supported"
