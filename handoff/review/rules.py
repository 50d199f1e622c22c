"""The rules: each one's sentence, who answers for it, how many deals it holds and stopped, how often it is waived."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from handoff.report.rules_page import RuleView, rules_of
from handoff.report.visible import sees_all, visible_to
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn, Visit
from handoff.store import held_by

router = APIRouter()
_LATELY = timedelta(days=90)


@router.get("/rules")
def listed(visit: SignedIn) -> Response:
    """All rules, by theme, and the failures of the road."""
    themes: dict[str, list[RuleView]] = {}
    for view in _views(visit):
        themes.setdefault(view.theme, []).append(view)
    with visit.site.store.read() as tx:
        came, straight = held_by.arrived(tx, visit.site.clock.now() - _LATELY)
    whole = sees_all(visit.pack.owners, visit.who.person)
    return pages.page(visit, "rules.html", themes=themes, whole=whole, came=came, straight=straight)


@router.get("/rules/{rule}")
def one(rule: str, visit: SignedIn) -> Response:
    """One rule, whole."""
    found = next((view for view in _views(visit) if view.name == rule), None)
    if found is None:
        raise NothingThereError("The pack has no such rule: begin at the rules.")
    return pages.page(visit, "rule.html", rule=found, whole=sees_all(visit.pack.owners, visit.who.person))


def _views(visit: Visit) -> list[RuleView]:
    now = visit.site.clock.now()
    with visit.site.store.read() as tx:
        stopped = held_by.stopped(tx, now - _LATELY, visible_to(visit.pack, visit.who.person))
        waived = held_by.waived(tx, now - _LATELY)
    return rules_of(visit.pack, now, stopped, waived)
