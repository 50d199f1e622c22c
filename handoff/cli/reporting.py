"""The exception report from the command line: on the terminal, as a document, as a page, as a table, as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.report import open_entries, queue, report_csv
from handoff.report.causes import shares
from handoff.report.messages import banner
from handoff.report.pages import write
from handoff.report.wording import counted, money, plain, utc

if TYPE_CHECKING:
    from handoff.report.exception_report import ExceptionReport

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `handoff report` is asked for."""

    html: Path | None = None
    csv: Path | None = None
    owner: str | None = None
    publish: Path | None = None
    as_json: bool = False


def report(wanted: Wanted) -> int:
    """Do what is asked. Raises UsageError for an owner whom nobody knows, or a file that cannot be written."""
    if wanted.publish is not None:
        return _publish(wanted.publish, as_json=wanted.as_json)
    if opening.settings().pack is None and not (wanted.html or wanted.csv or wanted.owner):
        _without_a_pack(as_json=wanted.as_json)
        return 0
    from handoff.road.exception_report import compose  # noqa: PLC0415 - polars and the pack: a second

    with opening.house(opening.actor()) as house:
        made = compose(house, wanted.owner, drawn=bool(wanted.html or wanted.as_json))
    if wanted.html is not None:
        write(wanted.html, made.page())
    if wanted.csv is not None:
        rows = report_csv.table(made.entries, made.made)
        write(wanted.csv, report_csv.written(rows))
        if cut := report_csv.too_long(rows):
            said = f"{plain(wanted.csv)} is whole, but Excel would cut {counted(cut, 'cell')} in it"
            console.lines(f"Warning: {said}, to {report_csv.MOST_OF_EXCEL:,} characters.", console=console.err())
    if wanted.as_json:
        console.emit(made.document())
        return 0
    _show(made)
    if wanted.html is not None:
        console.lines(f"{plain(wanted.html)} shows them by owner and cause.")
    if wanted.csv is not None:
        console.lines(f"{plain(wanted.csv)} has a line for each entry and what is wrong with it.")
    return 0


def _publish(folder: Path, *, as_json: bool) -> int:
    from handoff.road.publish_report import publish  # noqa: PLC0415 - as above

    with opening.house(opening.actor()) as house:
        done = publish(house, folder)
    if as_json:
        console.emit(done.document())
    else:
        console.lines(done.sentence, f"{plain(done.folder)} has the files.")
    return done.exit_code


def _without_a_pack(*, as_json: bool) -> None:
    """What the store alone can tell."""
    from handoff.report.sentences import rule_sentences  # noqa: PLC0415 - as above
    from handoff.store import messages  # noqa: PLC0415 - as the store itself, only when a command runs

    now = utc_now()
    with opening.reading() as tx:
        found, approvals = queue.listed(tx), queue.approvals_waiting(tx)
        undelivered = messages.undelivered(tx, now)
    sentences = rule_sentences()
    if as_json:
        console.emit(open_entries.document(found, sentences, now, approvals) | {"undelivered": undelivered})
    else:
        _table(found, sentences, approvals, undelivered)


def _show(made: "ExceptionReport") -> None:
    _table(made.entries, made.sentences, made.approvals, made.undelivered)
    if made.changes.since is not None:
        console.lines(f"Since the last report ({utc(made.changes.since)}): {made.changes.sentence}")
    if made.decisions:
        first = made.decisions[0]
        console.lines(f"What would release most: {first.do}. {first.effect} For {first.who}: {first.command}")


def _table(
    found: Sequence[queue.QueueEntry], sentences: Mapping[str, str], approvals: Mapping[str, int], lost: int
) -> None:
    now = utc_now()
    if said := banner(lost):
        console.lines(said, "")
    whose = shares([entry.held_deal() for entry in found], sentences)
    rows = [
        (share.owner, cause.rule, cause.seen[:40], f"{cause.deals:,}", money(cause.money), utc(cause.oldest_due))
        for share in whose
        for cause in share.causes
    ]
    if rows:
        console.table(("Owner", "Cause", "Value seen", "Deals", "Money", "Oldest due"), rows[:_SHOWN], right=(3, 4))
        console.lines("")
    late = [f"{share.owner} {count:,}" for share in whose if (count := open_entries.overdue_of(share, now))]
    if late:
        console.lines(f"Past due: {plain(', '.join(late))}.")
    if up := sum(entry.level > 0 for entry in found):
        console.lines(f"Escalated: {counted(up, 'entry', 'entries')}.")
    if approvals:
        waiting = ", ".join(f"{person} {count:,}" for person, count in approvals.items())
        console.lines(f"Approvals that wait: {plain(waiting)}.")
    console.lines(f"{counted(len(found), 'open entry', 'open entries')}.")
