"""Show that the tests catch the ledger without each of its rules: `python -m tests.mutants [NAME...]`.

Each patch here takes one condition away from a copy of the tree. It must apply, and the tests that it names in its head
must fail there, by what they assert; before that they must pass without it. Prints `mutant | caught by | seconds`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HEAD = "# caught by: "
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".handoff", "__pycache__", ".*_cache", "*.egg-info")


class Escaped(AssertionError):  # noqa: N818 - named as what happened
    """A mutant was not caught, does not apply, or its tests cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A rule taken away: the patch, the rule in words, and the tests that must fail."""

    patch: Path
    rule: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.patch.stem


def mutants(names: list[str]) -> Iterator[Mutant]:
    """The mutants of this folder; of `names`, if any are given."""
    for patch in sorted(Path(__file__).parent.glob("*.patch")):
        head = [line for line in patch.read_text().splitlines() if line.startswith("# ")]
        tests = tuple(line.removeprefix(_HEAD) for line in head if line.startswith(_HEAD))
        if not tests or head[0].startswith(_HEAD):
            raise Escaped(f"{patch.name} must begin with its rule, and name the tests that catch it.")
        if not names or patch.stem in names:
            yield Mutant(patch=patch, rule=head[0].removeprefix("# "), tests=tests)


def outcomes(tree: Path, tests: tuple[str, ...]) -> dict[str, str]:
    """Each test case that ran in a tree -> passed, failed (by an assertion, or what it raised) or broken."""
    report = tree / "outcomes.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not report.exists():
        raise Escaped(
            f"the tests do not run (pytest's code {done.returncode}): {done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        broken, failed = case.find("error") is not None, case.find("failure") is not None
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        found[name] = "broken" if broken else "failed" if failed else "passed"
    return found


def caught(tree: Path, mutant: Mutant) -> None:
    """Put the mutant into a copy of the tree and run its tests there; raises Escaped."""
    apply = ["git", "apply", "--whitespace=nowarn", str(mutant.patch)]
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run(apply, cwd=tree, env=outside, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Escaped(f"it does not apply any more: {done.stderr.strip()}. Write the patch anew.")
    for test in mutant.tests:
        found = outcomes(tree, (test,))
        if "broken" in found.values():
            raise Escaped(f"{test} breaks instead of failing: {found}")
        if "failed" not in found.values():
            raise Escaped(f"{test} passes although the rule is gone")


def main() -> int:
    wanted = list(mutants(sys.argv[1:]))
    every = tuple(dict.fromkeys(test for mutant in wanted for test in mutant.tests))
    escaped = []
    with tempfile.TemporaryDirectory(prefix="handoff-mutants-") as folder:
        sound = Path(folder) / "sound"
        shutil.copytree(ROOT, sound, ignore=_LEFT_OUT)
        wrong = {name: what for name, what in outcomes(sound, every).items() if what != "passed"}
        if wrong:
            print(f"without any mutant these do not pass: {wrong}")
            return 1
        print(f"{'mutant':<26} | {'seconds':>7} | caught by", flush=True)
        for mutant in wanted:
            began, tree = time.monotonic(), Path(folder) / mutant.name
            shutil.copytree(sound, tree)
            try:
                caught(tree, mutant)
                said = ", ".join(test.split("::")[-1] for test in mutant.tests)
            except Escaped as error:
                escaped.append(mutant.name)
                said = f"NOT CAUGHT: {error}"
            print(f"{mutant.name:<26} | {time.monotonic() - began:>7.1f} | {said}", flush=True)
            shutil.rmtree(tree)
    print(
        f"{len(wanted) - len(escaped)} of {len(wanted)} mutants caught"
        + (f"; not: {', '.join(escaped)}" if escaped else "")
    )
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
