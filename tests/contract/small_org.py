"""The small org of known answers that the contract suites run on."""

import json
from pathlib import Path
from typing import Any

from handoff.core.settings import Settings
from tests.running_sandbox import RunningSandbox

WON, OPEN = 2_050, 20
"""Won deals fill more than one page of 2,000 rows; the last of the open ones is deleted."""
MANY_LINES = 2_010


def opportunity_id(number: int) -> str:
    return f"006{number:012}AAA"


def account_id(number: int) -> str:
    return f"001{number:012}AAA"


def settings_of(box: RunningSandbox, **changes: Any) -> Settings:
    """What the sandbox printed, as settings; rates are high, since the vendors' limits are off."""
    told = {name.removeprefix("HANDOFF_").lower(): value for name, value in box.env.items()}
    known = {name: value for name, value in told.items() if name in Settings.model_fields}
    return Settings.model_validate({**known, **changes})


def write_seed(folder: Path) -> None:
    """The seed files of the small org."""
    _write(folder, "Account", [{"Id": account_id(n), "Name": f"Account {n}"} for n in range(1, 4)])
    _write(folder, "Opportunity", [_deal(n) for n in range(1, WON + OPEN + 1)])
    lines = [_line(1, n) for n in range(1, MANY_LINES + 1)] + [_line(2, MANY_LINES + 1)]
    _write(folder, "OpportunityLineItem", lines)


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")


def _deal(number: int) -> dict[str, Any]:
    won = number <= WON
    return {
        "Id": opportunity_id(number),
        "Name": f"Deal {number}",
        "AccountId": None if number == 3 else account_id(1 + number % 3),
        "StageName": "Closed Won" if won else "Prospecting",
        "IsWon": won,
        "IsClosed": won,
        "Amount": number + 0.25,
        "CloseDate": "2026-10-01",
        "IsDeleted": number == WON + OPEN,
        # Two deals a second, the later ones first: the order must come from the stamps.
        "SystemModstamp": f"2026-10-01T{9 + (9_000 - number) // 7_200:02}:{(9_000 - number) // 120 % 60:02}:"
        f"{(9_000 - number) // 2 % 60:02}.{500 * (number % 2):03}+0000",
    }


def _line(deal: int, number: int) -> dict[str, Any]:
    return {
        "Id": f"00k{number:012}AAA",
        "OpportunityId": opportunity_id(deal),
        "Quantity": 2,
        "UnitPrice": number + 0.5,
        "SystemModstamp": "2026-10-01T09:00:00.000+0000",
    }
