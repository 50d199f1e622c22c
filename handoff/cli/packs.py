"""`handoff pack check`: every problem of a pack at once."""

from pathlib import Path

from handoff.cli import console
from handoff.core.errors import PackError
from handoff.report.wording import counted


def check(folder: Path, *, as_json: bool) -> int:
    """Load the pack; returns 0, or 2 with all problems shown."""
    from handoff.road.packs import find_pack  # noqa: PLC0415 - polars: half a second

    try:
        pack = find_pack(folder)
    except PackError as error:
        if not as_json:
            raise
        problems = [
            {name: getattr(p, name) for name in ("file", "line", "key", "wrong", "right")} for p in error.problems
        ]
        console.emit({"ok": False, "problems": problems})
        return error.exit_code
    if as_json:
        console.emit({"ok": True, "pack": pack.name, "fingerprint": pack.fingerprint, "problems": []})
        return 0
    owners = counted(len(pack.owners.people), "person", "people")
    rules = counted(len(pack.policies.rules), "rule")
    console.lines(f"Pack {pack.name} is in order: {rules} in use, {len(pack.policies.off)} declared off, {owners}.")
    return 0
