"""Several campaigns of `tests.proof.killing` side by side, each with a home and a sandbox of its own, added up.

One campaign mostly waits: for a process to come to its point, for a reply that is held up, for a project to be shown.
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.proof.killing import WRONG, table
from tests.proof.points import CRASH_POINTS, POINTS

_LONGEST = ("disturbed_s", "hours_ahead", "syncs_at_the_end")
"""Of these the longest is told, of all other numbers the sum."""


def share(whole: int, parts: int) -> str:
    """An equal part, rounded up, so that the parts come to the whole at least."""
    return str(-(-whole // parts))


def campaign(wanted: argparse.Namespace, number: int) -> dict[str, Any]:
    """One campaign in a process of its own; what it says on the way goes to stderr."""
    sizes = {"kills": wanted.kills, "pauses": wanted.pauses, "each": wanted.each, "deals": wanted.deals}
    command = [sys.executable, "-m", "tests.proof.killing", "--json", "--seed", str(7 + number)]
    command += ["--minutes", str(wanted.minutes), "--real-pauses", "1" if number == 0 else "0"]
    for name, size in sizes.items():
        command += [f"--{name}", share(size, wanted.campaigns)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"campaign {number} ended with {done.returncode} and told nothing")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def added_up(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """One document of several."""
    whole: dict[str, Any] = {name: _added([d[name] for d in documents], name) for name in documents[0]}
    whole["fewest_at_a_point"] = min(whole["kills"][POINTS[n]] for n in CRASH_POINTS)
    return whole


def _added(parts: list[Any], name: str) -> Any:
    match parts[0]:
        case dict():
            names = dict.fromkeys(inner for part in parts for inner in part)
            return {inner: _added([part[inner] for part in parts if inner in part], inner) for inner in names}
        case list():
            return [one for part in parts for one in part]
        case _:
            return max(parts) if name in _LONGEST else sum(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]  # it has one
    parser.add_argument("--campaigns", type=int, default=5)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--pauses", type=int, default=500)
    parser.add_argument("--each", type=int, default=50, help="how many kills each crash point must have had, in all")
    parser.add_argument("--deals", type=int, default=4000, help="how many are there to be won, in all")
    parser.add_argument("--minutes", type=float, default=120, help="when to end, whatever is lacking")
    wanted = parser.parse_args()
    with ThreadPoolExecutor(max_workers=wanted.campaigns) as pool:
        whole = added_up(list(pool.map(lambda n: campaign(wanted, n), range(wanted.campaigns))))
    print(table(whole))
    print(json.dumps({k: v for k, v in whole.items() if k not in ("kills", "pauses")}, indent=2))
    enough = {"all_kills": wanted.kills, "all_pauses": wanted.pauses, "fewest_at_a_point": wanted.each}
    lacking = [f"{name}: {whole[name]} of {n}" for name, n in enough.items() if whole[name] < n]
    wrong = [name for name in WRONG if whole[name]]
    print(
        "\n".join([*(f"lacking: {one}" for one in lacking), *(f"wrong: {one}" for one in wrong)]) or "all is there once"
    )
    return 1 if wrong or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
