"""`handoff check`: one screen that says what would fail, why, how much money, and whose it is."""

from pathlib import Path

from handoff.cli import console
from handoff.core.clock import utc_now
from handoff.report import checked as checked_report
from handoff.report.causes import causes, not_judged
from handoff.report.checked import Checked
from handoff.report.pages import write
from handoff.report.wording import counted, money, plain

_SHOWN = 12


def check(path: Path, pack: str, *, source: str, as_json: bool, html: Path | None, strict: bool) -> int:
    """Judge the export and show the result; returns the exit code."""
    from handoff.report.sentences import rule_sentences  # noqa: PLC0415 - polars and pandera: half a second
    from handoff.road.check import check as judge  # noqa: PLC0415 - as above
    from handoff.road.packs import find_pack  # noqa: PLC0415 - as above

    decisions = find_pack(pack)
    now = utc_now()
    checked = judge(path, decisions, now, source)
    sentences = rule_sentences()
    if html is not None:
        notes = checked_report.unjudged_notes(not_judged(checked.entries))
        write(html, checked_report.page(checked, sentences, notes, now, decisions.owners.titles))
    if as_json:
        console.emit(checked.document())
    else:
        _show(checked, sentences, html)
    return 1 if strict and checked.held else 0


def _show(checked: Checked, sentences: dict[str, str], html: Path | None) -> None:
    for warning in checked.warnings:
        console.lines(f"Warning: {plain(warning)}")
    console.lines(
        f"{counted(checked.read, 'deal')} read from {plain(checked.path)}; {checked.deals:,} meet the trigger of pack "
        f"{checked.pack}:",
        "",
    )
    rows = [
        ("pass", f"{checked.passed:,}", money(checked.passed_money)),
        ("held", f"{checked.held:,}", money(checked.held_money)),
    ]
    if checked.excluded:
        rows.append(("excluded", f"{checked.excluded:,}", "closed before go-live"))
    console.table(("", "Deals", "Money"), rows, right=(1, 2))
    if not checked.entries:
        console.lines("", "Every deal that meets the trigger would be delivered.")
        return
    console.lines("", "What holds them, most money first (a deal with two causes counts in both):", "")
    found = causes(checked.entries, sentences)
    console.table(
        ("Cause", "Value seen", "Deals", "Money", "Owner"),
        [(c.rule, c.seen[:40], f"{c.deals:,}", money(c.money), c.owners) for c in found[:_SHOWN]],
        right=(2, 3),
    )
    if len(found) > _SHOWN:
        console.lines(f"and {len(found) - _SHOWN} more causes: --html shows them all")
    console.lines("", *(plain(note) for note in checked_report.unjudged_notes(not_judged(checked.entries))))
    console.lines("", *_next(checked, html))


def _next(checked: Checked, html: Path | None) -> list[str]:
    main = checked.held_money[0].currency if checked.held_money else None
    first = max(checked.entries, key=lambda d: d.amount.minor if d.amount and d.amount.currency == main else -1)
    name = " ".join(part for part in (first.account_name, first.deal_id) if part)
    lines = [
        f"The largest: {plain(name)}, {first.amount or 'amount unreadable'}. {plain(first.violations[0].message)} "
        f"It is {plain(first.owner)}'s to fix.",
        "",
        "Next: correct the deals in the CRM and export again; or, where your words differ and not the deals, add",
        "      synonyms to labels.yaml or change policies.yaml, and check again.",
    ]
    if html is None:
        return [*lines, "      --html check.html lists every deal by owner."]
    return [*lines, f"      {html} lists every deal by owner."]
