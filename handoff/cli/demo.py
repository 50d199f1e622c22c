"""`handoff demo`: the main job told in five steps on an invented company, each line of it read from what happened."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handoff.cli import console
from handoff.cli.demo_stage import DemoError, Stage, answers, set_up
from handoff.core.settings import Settings
from handoff.report.wording import counted, plain

_LEAST_DEALS, _LEAST_KINDS = 200, 20
_SHOWN_ENTRIES, _KIND_WIDTH = 8, 46


def demo(*, keep: bool, prefect: bool, as_json: bool) -> int:
    """Play the demo; returns the exit code, 1 when a step did not go as it should (it says which)."""
    home = (Settings.load().home / "demo").absolute()
    story = _Story(quiet=as_json, prefect=prefect)
    started = time.monotonic()
    with set_up(home) as stage:
        try:
            story.tell(stage)
        except DemoError as error:
            story.wrong(str(error))
        story.figures["duration_s"] = round(time.monotonic() - started, 1)
        story.end(stage, keep=keep)
        if as_json:
            console.emit(story.figures)
        if keep:
            _wait(stage)
    return 1 if story.problems else 0


class _Story:
    """The steps, and the figures they came to."""

    def __init__(self, *, quiet: bool, prefect: bool) -> None:
        self.figures: dict[str, Any] = {"problems": []}
        self.problems: list[str] = self.figures["problems"]
        self._quiet = quiet
        self._prefect = prefect
        self._steps = 0

    def tell(self, stage: Stage) -> None:
        """All five, in order; DemoError when one cannot go on."""
        known = answers()
        self.say("An invented company closed some 250 deals. Its Salesforce, Stripe and Asana run on this machine.")
        self.first_sync(stage)
        self.one_deal_fixed(stage, known["fix"])
        self.one_account_fixed(stage, known["fix_account"])
        self.second_sync(stage)
        self.report(stage)

    def first_sync(self, stage: Stage) -> None:
        """Pull, judge, deliver, hold; as the Prefect flow."""
        flow = ("--prefect",) if self._prefect else ()
        how = "The first sync, as the Prefect flow (its own server starts first: half a minute)"
        self.step(how if flow else "The first sync", "handoff sync", *flow)
        run = stage.handoff("sync", *flow)
        kinds = run["held_by_rule"]
        entries = stage.handoff("queue", "list")["entries"]
        self.figures["look_at"] = entries[0]["entry"] if entries else None
        self.figures |= {"first": run, "deals": run["pulled"], "kinds": len(kinds), "entries": len(entries)}
        self.figures["as_flow"] = bool(flow) and not stage.warned_by("handoff.cli.flow_run")
        self.say(_balance(run))
        there = stage.there()
        self.say(f"At Stripe and Asana there are now {_listed(there)}.")
        self.kinds(kinds, entries)
        self.expect(run["balanced"], "the run is not balanced: a deal has no outcome")
        self.expect(run["pulled"] >= _LEAST_DEALS, f"fewer than {_LEAST_DEALS} deals were pulled")
        self.expect(len(kinds) >= _LEAST_KINDS, f"fewer than {_LEAST_KINDS} kinds of violation were found")
        self.expect(len(entries) == run["held"], f"{run['held']} deals are held, but {len(entries)} entries are open")
        self.expect(all(entry["owner"] for entry in entries), "an entry has no owner")
        self.expect(not flow or self.figures["as_flow"], "Prefect failed; the work was done on the plain road")

    def kinds(self, kinds: dict[str, int], entries: Sequence[dict[str, Any]]) -> None:
        """What holds deals, and whose they are."""
        if self._quiet:
            return
        self.say("", f"{counted(len(kinds), 'kind')} of violation, the commonest first:")
        across = max(1, console.out().width // _KIND_WIDTH)
        cells = [cell for rule, count in kinds.items() for cell in (count, rule)]
        cells += [""] * (-len(cells) % (2 * across))
        rows = [cells[n : n + 2 * across] for n in range(0, len(cells), 2 * across)]
        console.table(("Deals", "Rule") * across, rows, right=range(0, 2 * across, 2))
        self.say("", f"{counted(len(entries), 'entry', 'entries')}, the first due first:")
        held = [(e["entry"], _reasons(e), e["owner"], e["due"][:16].replace("T", " ")) for e in entries]
        console.table(("Entry", "Held because", "Owner", "Due (UTC)"), held[:_SHOWN_ENTRIES])
        owners = counted(len({entry["owner"] for entry in entries}), "owner")
        self.say(f"and {max(0, len(entries) - _SHOWN_ENTRIES)} more; {owners} in all.")

    def one_deal_fixed(self, stage: Stage, fix: dict[str, str]) -> None:
        """A person corrects the Opportunity and has its entry judged again."""
        (before,) = self.entries(stage, [fix["deal"]], "open")
        name = before["entry"]
        self.step(f"Somebody corrects the deal of {name} in Salesforce", "handoff rerun", name)
        self.say(f"Held because: {_reasons(before)}", f"Corrected: {fix['field']} = {fix['value']}")
        stage.edit(fix)
        run = stage.handoff("rerun", name)
        for change in run["changes"]:
            self.say(f"{change['entry']}: before: {change['before']}; now: {change['after']}")
        (after,) = self.entries(stage, [fix["deal"]], "released")
        self.figures["fixed"] = {**after, "delivered": run["delivered"], "changes": run["changes"]}
        done = run["delivered"] == 1 and after["entry"] == name
        self.expect(done, f"the corrected deal {fix['deal']} was not delivered under its entry {name}")

    def one_account_fixed(self, stage: Stage, fix: dict[str, Any]) -> None:
        """Only the Account is corrected; the next sync finds the deals that waited for it."""
        held = [entry["entry"] for entry in self.entries(stage, fix["deals"], "open")]
        self.step("Somebody corrects an Account, and none of its deals", "handoff sync")
        self.say(f"It holds {counted(len(held), 'deal')}: {', '.join(held)}")
        self.say(f"Corrected: {fix['field']} = {fix['value']}")
        stage.edit(fix)
        run = stage.handoff("sync")
        self.say(_balance(run))
        released = [entry["entry"] for entry in self.entries(stage, fix["deals"], "released")]
        self.figures["account"] = {"deals": len(held), "delivered": run["delivered"], "released": released}
        self.say(f"Released: {', '.join(released)}.")
        done = released == held and run["delivered"] == len(held)
        self.expect(done, f"correcting the account released {released} and delivered {run['delivered']} deals")

    def entries(self, stage: Stage, deals: Sequence[str], status: str) -> list[dict[str, Any]]:
        """The entries of these deals, in their order; DemoError when one is not as it should be."""
        found = {e["deal_id"]: e for e in stage.handoff("queue", "list", "--all-states")["entries"]}
        for deal in deals:
            if deal not in found or found[deal]["status"] != status:
                seen = found[deal]["status"] if deal in found else "not there"
                raise DemoError(f"the entry of deal {deal} should be {status}, and is {seen}")
        return [found[deal] for deal in deals]

    def second_sync(self, stage: Stage) -> None:
        """Nothing has changed: nothing is created."""
        self.step("Once more, with nothing changed", "handoff sync")
        before = stage.there()
        run = stage.handoff("sync")
        after = stage.there()
        created = {kind: counts["created"] for kind, counts in run["effects"].items()}
        self.figures["last"] = {"created": created, "before": before, "after": after}
        self.say(_balance(run), "Created: " + ", ".join(f"{count} {kind}" for kind, count in created.items()))
        self.say(f"At Stripe and Asana before: {_listed(before)}; after: {_listed(after)}.")
        done = before == after and not any(created.values())
        self.expect(done, f"a sync with nothing to do created something: {created}, {before} became {after}")

    def report(self, stage: Stage) -> None:
        """The page for the owners."""
        page = stage.home / "report.html"
        self.step("What is still held, as a page by owner and cause", "handoff report --html", _shown(page))
        report = stage.handoff("report", "--html", str(page))
        self.expect(page.is_file() and bool(report), f"no report was written to {page}")
        self.figures["report"] = str(page)

    def end(self, stage: Stage, *, keep: bool) -> None:
        """Where to look further, with names that exist."""
        self.say("")
        if self.problems:
            self.say(f"The demo did NOT go as it should: {'; '.join(self.problems)}.")
        else:
            self.say(f"Done in {self.figures['duration_s']:.0f} s. The report: {_shown(Path(self.figures['report']))}")
        self.say(
            "Look further:",
            f"  set -a; . {_shown(stage.env_file)}; set +a",
            "  handoff queue list",
            f"  handoff explain {self.figures.get('look_at', 'E-000001')}",
            "  handoff serve            (the review page, in a browser)",
        )
        if keep:
            self.say("The sandbox keeps running for `handoff sync` and your own corrections. Ctrl-C stops it.")
        else:
            self.say("The sandbox has ended, so a sync has nobody to ask: `handoff demo --keep` leaves it running.")

    def step(self, text: str, *command: str) -> None:
        """A heading, and the command that a person would type."""
        self._steps += 1
        if not self._quiet:
            shown = console.out()
            shown.print(f"\n{self._steps}  {text}", style="bold", soft_wrap=True)
            shown.print(f"   $ {' '.join(command)}", style="cyan", soft_wrap=True)

    def say(self, *texts: str) -> None:
        """Lines for a person who watches."""
        if not self._quiet:
            console.lines(*(f"   {plain(text)}" if text else "" for text in texts))

    def expect(self, done: object, otherwise: str) -> None:
        """A step's claim: unless it is so, the demo says what is, and fails at its end."""
        if not done:
            self.wrong(otherwise)

    def wrong(self, what: str) -> None:
        """Something did not go as it should."""
        self.problems.append(what)
        self.say(f"NOT AS IT SHOULD BE: {what}")


def _balance(run: dict[str, Any]) -> str:
    names = ("delivered", "held", "excluded", "unchanged", "in_progress")
    parts = ", ".join(f"{run[name]} {name.replace('_', ' ')}" for name in names if run[name])
    return f"{counted(run['pulled'], 'deal')} pulled: {parts} ({run['duration_s']:.1f} s)"


def _listed(there: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in there.items())


def _reasons(entry: dict[str, Any]) -> str:
    return " ".join(v["message"] for v in entry["violations"] if v["judged"])


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _wait(stage: Stage) -> None:
    try:
        stage.sandbox.wait()
    except KeyboardInterrupt:
        console.lines("The sandbox is stopped.", console=console.err())
