"""The reference in docs/ is what the code says now."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_committed_reference_is_what_the_code_generates() -> None:
    pages = runpy.run_path(str(DOCS / "reference.py"))["pages"]()
    stale = [name for name, text in pages.items() if (DOCS / "reference" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `python docs/reference.py` and commit what it writes"
    assert {path.name for path in (DOCS / "reference").glob("*.md")} == set(pages)
