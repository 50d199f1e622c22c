"""`handoff explain`: the why card, then everything known of the deal."""

from handoff.cli import console, opening
from handoff.cli.entries import desk_of, violations
from handoff.core.clock import utc_now
from handoff.report.explain import Explanation
from handoff.report.explain import explain as explained
from handoff.report.open_to_you import OpenToYou
from handoff.report.sentences import rule_sentences
from handoff.report.wording import plain
from handoff.road.packs import find_pack
from handoff.store import label_decisions


def explain(name: str, *, as_json: bool) -> None:
    """Explain a deal or an entry. Raises UsageError when neither is known."""
    settings = opening.settings()
    with opening.reading() as tx:
        pack = find_pack(settings.pack, label_decisions.in_use(tx))
        org, page = settings.salesforce_login_url, settings.review_url
        found = explained(tx, pack, name, rule_sentences(), now=utc_now(), org_url=org, review_url=page)
        yours = desk_of(tx, found.entry) if found.entry else None
    if as_json:
        console.emit({**found.document(), "desk": yours.document() if yours else None})
        return
    _show(found, yours)


def _show(found: Explanation, yours: OpenToYou | None) -> None:
    entry = found.entry
    name = " · ".join(part for part in (found.account_name, found.deal_name) if part) or found.deal_id
    heading = f"{entry.entry}  {name}" if entry else name
    console.lines(plain(heading) + (f", {entry.money}" if entry and entry.money else ""), "")
    console.table(("", ""), [(line.label, line.text) for line in found.card])
    if yours:
        console.table(("", ""), yours.facts())
    if entry and entry.violations:
        when = "" if entry.released is None else ", released since"
        console.lines("", f"Violations (episode {entry.episode}{when})")
        violations(entry)
    if found.effects:
        sent = [(e["kind"], e["state"], e["service"], e["external_id"], e["link"] or e["error"]) for e in found.effects]
        console.lines("", "Effects")
        console.table(("What", "State", "At", "Id", "Link or error"), sent)
    if found.timeline:
        happened = [(f"{line.at:%Y-%m-%d %H:%M}", line.who, line.what, line.why) for line in found.timeline]
        console.lines("", "What happened (UTC)")
        console.table(("At", "Who", "What", "Why"), happened, one_line=True)
    console.lines("", f"Deal {plain(found.deal_id)}. All of it: handoff explain {plain(found.deal_id)} --json")
