"""The shape of the house: what is packaged, what a lock may say, how large a module may grow, who has an owner."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from checks.rules import RULES
from mappings.pack import load, shipped

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOP_LEVEL = {"flows", "connectors", "checks", "mappings", "tests"}
LONGEST = 250


def tracked(pattern: str) -> list[Path]:
    """Files of the repository; outside a checkout, those on disk."""
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split() if listed.returncode == 0 else []
    return [ROOT / name for name in names] or [p for p in ROOT.rglob(pattern) if ".venv" not in p.parts]


def test_every_root_package_is_in_the_wheel():
    packaged = set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    there = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packaged == there


def test_every_root_package_is_under_the_import_contracts_and_the_type_checker():
    packaged = set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == packaged
    assert set(PYPROJECT["tool"]["mypy"]["packages"]) == packaged


def test_the_fixed_top_level_is_there():
    assert all((ROOT / name).is_dir() for name in TOP_LEVEL)
    assert (ROOT / "prefect.yaml").is_file()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-bench.lock"])
def test_a_lock_pins_every_package_by_hash_and_names_no_host(lock: str):
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|--index|--extra-index|--find-links|-i ", text)
    packages = re.findall(r"^[a-zA-Z0-9._-]+(?:\[.*?\])?==.*\n.*", text, flags=re.MULTILINE)
    assert len(packages) > 100
    assert [p for p in packages if "\n    --hash=sha256:" not in p] == []


def test_no_file_names_a_machine_or_a_registry():
    wrong = re.compile(r"/work/main|/work/shared|/root/|pypi\.org|registry\.npmjs|deb\.debian")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked("*")
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".lock", ".json", ".html", ".css", ""} and path.is_file()
        if path != Path(__file__).resolve()
        if (match := wrong.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]
    assert found == []


def test_no_module_postpones_its_annotations():
    words = "from __future__ import " + "annotations"
    assert [p for p in tracked("*.py") if words in p.read_text()] == []


def test_no_product_module_is_longer_than_its_reason_allows():
    """Above 250 lines a module says why, in a comment that begins with `Longer than 250 lines:`."""
    found = []
    for path in tracked("*.py"):
        text = path.read_text()
        product = path.relative_to(ROOT).parts[0] not in {"tests", "benchmarks"} and "migrations" not in path.parts
        if product and text.count("\n") > LONGEST and "Longer than 250 lines:" not in text:
            found.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))}")
    assert found == []


@pytest.mark.parametrize("pack", ["demo", "crm_sales_opportunities"])
def test_every_rule_has_one_owner_in_each_shipped_pack(pack: str):
    loaded = load(shipped(pack), frozenset(RULES))
    assert set(loaded.policies.rules) | set(loaded.policies.off) == set(RULES)
    assert set(loaded.policies.rules) == set(loaded.owners.rules)


def test_there_are_at_least_thirty_rules_each_with_its_sentence():
    assert len(RULES) >= 30
    assert all(rule.sentence and rule.sentence[0].isupper() for rule in RULES.values())
