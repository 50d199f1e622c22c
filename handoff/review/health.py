"""Health: what the store can tell of runs, services, messages and the pack. Services are asked by `handoff doctor`."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.ownership_proof import prove
from handoff.report.health import Sign, dead, signs
from handoff.review import pages
from handoff.review.access import SignedIn
from handoff.road.ownership_map import findings
from handoff.store import events
from handoff.store.session import HEAD

router = APIRouter()
_MOST = 50


@router.get("/health")
def health(visit: SignedIn) -> Response:
    """Is all well?"""
    site, now = visit.site, visit.site.clock.now()
    with site.store.read() as tx:
        found, vain = signs(tx, site.settings, now), dead(tx, now)
    pack = f"{visit.pack.name}, {len(visit.pack.policies.rules)} rules, fingerprint {visit.pack.fingerprint[:12]}"
    own = Sign(check="pack", ok=site.broken is None, what=pack, do="handoff pack check shows every problem.")
    return pages.page(
        visit, "health.html", signs=[*found, own], vain=vain[:_MOST], more=max(0, len(vain) - _MOST), schema=HEAD
    )


@router.get("/health/proofs")
def proofs(visit: SignedIn) -> Response:
    """What takes a second or two: the ownership map for 90 days, and the chain of the audit. Asked for by a link."""
    now = visit.site.clock.now()
    gaps = [(".".join(f.path), f.wrong, f.right) for f in findings(visit.pack, prove(visit.pack, now))]
    with visit.site.store.read() as tx:
        broken = events.broken_links(tx)
    return pages.page(visit, "proofs.html", gaps=gaps, breaks=broken)
