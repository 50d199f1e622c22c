"""The demo shows what it claims, and fails when it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handoff.cli import demo
from handoff.cli.demo_stage import REVIEW_URL, DemoError, answers

DEMO = [sys.executable, "-c", "from handoff.cli.main import run; run()", "demo", "--no-prefect"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_demo_shows_the_main_job_end_to_end(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HANDOFF_STORE_URL=sqlite:////dev/null/real.db\n")  # the user's own, not the demo's
    environment = {**os.environ, "HANDOFF_HOME": "mine", "HANDOFF_STRIPE_KEY": "sk_live_the_users_own"}
    done = subprocess.run(
        [*DEMO, "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    figures = json.loads(done.stdout)
    assert figures["problems"] == []
    assert figures["deals"] >= 200
    assert figures["kinds"] >= 20
    first = figures["first"]
    assert first["balanced"] is True
    assert figures["entries"] == first["held"]
    known = answers()
    assert first["held"] == sum("held" in answer for answer in known["deals"].values() if isinstance(answer, dict))
    assert figures["fixed"]["status"] == "released"
    assert figures["fixed"]["delivered"] == 1
    assert len(figures["account"]["released"]) == figures["account"]["delivered"] == len(known["fix_account"]["deals"])
    assert not any(figures["last"]["created"].values())
    assert figures["last"]["before"] == figures["last"]["after"]
    assert figures["last"]["after"]["projects"] == first["delivered"] + 1 + figures["account"]["delivered"]

    home = tmp_path / "mine" / "demo"
    assert Path(figures["report"]) == home / "report.html"
    assert "<html" in (home / "report.html").read_text()
    assert (home / "demo.env").stat().st_mode & 0o777 == 0o600
    assert "sk_live" not in (home / "demo.env").read_text()
    assert f'href="{REVIEW_URL}/causes/C-' in (home / "report.html").read_text(), "where `handoff serve` is"


class Stage:
    """A stage on which something goes wrong."""

    home = Path("nowhere")

    def __init__(self, *, created: int = 0, status: str = "open", counts: tuple[int, int] = (5, 5)) -> None:
        self._created, self._status = created, status
        self._counts = list(counts)

    def handoff(self, *arguments: str) -> dict[str, Any]:
        if arguments[0] == "queue":
            return {"entries": [{"deal_id": "006A", "entry": "E-000001", "status": self._status, "violations": []}]}
        outcomes = dict.fromkeys(("pulled", "delivered", "held", "excluded", "unchanged", "in_progress"), 0)
        return {**outcomes, "duration_s": 0.1, "changes": [], "effects": {"invoice": {"created": self._created}}}

    def there(self) -> dict[str, int]:
        return {"invoices": self._counts.pop(0)}

    def edit(self, change: Any) -> None:
        pass


def test_a_second_sync_that_creates_something_fails_the_demo() -> None:
    story = demo._Story(quiet=True, prefect=False)
    story.second_sync(Stage(created=1))  # type: ignore[arg-type]
    assert story.problems == [
        "a sync with nothing to do created something: {'invoice': 1}, {'invoices': 5} became {'invoices': 5}"
    ]


def test_a_second_sync_that_hides_what_it_created_fails_the_demo_too() -> None:
    story = demo._Story(quiet=True, prefect=False)
    story.second_sync(Stage(counts=(5, 6)))  # type: ignore[arg-type]
    assert len(story.problems) == 1


def test_a_correction_that_does_not_deliver_fails_the_demo() -> None:
    story = demo._Story(quiet=True, prefect=False)
    fix = {"deal": "006A", "object": "Opportunity", "id": "006A", "field": "PO_Number__c", "value": "1"}
    with pytest.raises(DemoError, match="entry of deal 006A should be released, and is open"):
        story.one_deal_fixed(Stage(), fix)  # type: ignore[arg-type]


def test_a_deal_that_is_not_held_cannot_be_shown_as_corrected() -> None:
    story = demo._Story(quiet=True, prefect=False)
    with pytest.raises(DemoError, match="entry of deal 006B should be open, and is not there"):
        story.one_deal_fixed(Stage(), {"deal": "006B"})  # type: ignore[arg-type]
