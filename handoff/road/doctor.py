"""Doctor: is everything in place for a sync? One line per check, each with what to do; nothing is written anywhere."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime

from connectors import open_billing, open_salesforce, open_tracker
from connectors.errors import AuthFailed, ConnectorError
from connectors.notifier import open_notifiers
from connectors.ports import DealSource
from handoff.core import ownership
from handoff.core.errors import HandoffError, PackError
from handoff.core.ownership_proof import prove
from handoff.core.pack import Pack
from handoff.core.settings import Settings
from handoff.report.health import Sign, signs
from handoff.road.crm_view import STATUSES
from handoff.road.house import decided_pack
from handoff.road.org_fields import wrong_fields, wrong_labels, wrong_write_back
from handoff.road.ownership_map import findings
from handoff.road.packs import find_pack
from handoff.store.session import open_store


def examine(settings: Settings, now: datetime) -> Iterator[Sign]:
    """All checks, in the order one would put things right; a later one is left out when an earlier makes it moot."""
    pack: Pack | None = None
    try:
        pack = find_pack(settings.pack)
        yield Sign(check="pack", ok=True, what=f"{pack.name}: {len(pack.policies.rules)} rules in use")
    except HandoffError as error:
        yield _wrong("pack", error, "handoff pack check DIR shows every problem with its line.")
    opened = _store(settings, pack)
    yield opened
    if opened.ok:
        yield from _signs(settings, now)
    if pack is not None:
        yield from _owners(pack, now)
    source = None
    try:
        source = open_salesforce(settings)
    except HandoffError as error:
        yield _wrong("salesforce", error, "docs/runbook.md says which settings a connected app needs.")
    if source is not None:
        yield from _source(source, pack)
    yield from _stripe(settings, pack)
    yield _asked("asana", lambda: open_tracker(settings).check())
    yield from _channels(settings)


def _store(settings: Settings, pack: Pack | None) -> Sign:
    try:
        store = open_store(settings.store, settings.home)
        with contextlib.closing(store):
            with store.write():
                pass
            if pack is not None:
                decided_pack(settings, store)  # the label decisions that it holds fit the pack
    except PackError as error:
        return _wrong("store", error, "Settle it: handoff labels list, then handoff labels withdraw SET TEXT.")
    except HandoffError as error:
        return _wrong("store", error, "Correct HANDOFF_HOME or HANDOFF_STORE_URL.")
    return Sign(check="store", ok=True, what="opens and takes a transaction")


def _signs(settings: Settings, now: datetime) -> list[Sign]:
    """What the health page shows."""
    with contextlib.closing(open_store(settings.store, settings.home)) as store, store.read() as tx:
        return signs(tx, settings, now)


def _owners(pack: Pack, now: datetime) -> Iterator[Sign]:
    """Every rule and failure leads to a person today, also when a look-up finds nothing; for 90 days, with a backup."""
    unresolved = []
    absent = set()
    for code, answers in {**pack.owners.rules, **pack.owners.failures}.items():
        try:
            found = ownership.resolve(pack.owners, answers.role, {}, now)
        except KeyError as error:
            unresolved.append(f"{code} (nobody is called {error})")
            continue
        absent |= {f"{person}: {why}" for person, why in found.skipped if person in pack.owners.people}
    if unresolved:
        do = "Give each a role with a person in owners.yaml."
        yield Sign(check="owners", ok=False, what=f"no owner today for {', '.join(unresolved)}", do=do)
        return
    if gaps := list(findings(pack, prove(pack, now))):
        more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
        do = "Correct owners.yaml: handoff owners check shows all of it, and no run begins until then."
        yield Sign(check="owners", ok=False, what=f"{'.'.join(gaps[0].path)}: {gaps[0].wrong}{more}", do=do)
        return
    count = len(pack.owners.rules) + len(pack.owners.failures)
    away = f"; passed over: {', '.join(sorted(absent))}" if absent else ""
    yield Sign(check="owners", ok=True, what=f"{count} rules and failures have a person today{away}")


def _source(source: DealSource, pack: Pack | None) -> Iterator[Sign]:
    line = _asked("salesforce", source.check)
    yield line
    if not line.ok or pack is None:
        return
    source_map = pack.fields.sources.get(source.name)
    if source_map is None:
        do = f"Add a source named {source.name} to fields.yaml."
        yield Sign(check="fields", ok=False, what=f"fields.yaml maps no source {source.name}", do=do)
        return
    try:
        for check, found, right, do in (
            (
                "fields",
                wrong_fields(source, source_map),
                "every mapped field exists",
                "Correct the path in fields.yaml, or let the integration user see the field.",
            ),
            (
                "labels",
                wrong_labels(source, source_map, pack.labels),
                "every active picklist value is a known label",
                "Add it to labels.yaml as a label or a synonym, or retire it in the org.",
            ),
            (
                "write_back",
                wrong_write_back(source, source_map, STATUSES),
                "every write-back field exists, may be written, and holds what we write",
                "Deploy the fields (docs/how-to/salesforce-setup.md), or leave them out of `write_back`.",
            ),
        ):
            yield from (Sign(check=check, ok=False, what=what, do=do) for what in found)
            if not found:
                yield Sign(check=check, ok=True, what=right)
    except ConnectorError as error:
        yield _refused("fields", error)


def _stripe(settings: Settings, pack: Pack | None) -> Iterator[Sign]:
    """One line per Stripe account that the pack bills through."""
    entities = pack.billing.entities.items() if pack else ()
    accounts: dict[str, list[str]] = {}
    for label, entity in entities:
        accounts.setdefault(entity.stripe_account, []).append(label)
    for account, labels in (accounts or {"default": []}).items():
        name = "stripe" if account == "default" else f"stripe:{account}"
        line = _asked(name, lambda account=account: open_billing(settings, account).check())  # type: ignore[misc]
        billed = f" Invoices of {', '.join(labels)}." if labels and line.ok else ""
        yield Sign(check=line.check, ok=line.ok, what=line.what + billed, do=line.do)


def _channels(settings: Settings) -> Iterator[Sign]:
    """The channels as they are set, without sending anything."""
    if not settings.channels:
        yield Sign(check="channels", ok=True, what="no channel is set (HANDOFF_CHANNELS), so owners hear nothing")
        return
    found = open_notifiers(settings)
    for sentence in found.wrong:
        do = "Correct the variable; the other channels go on without it."
        yield Sign(check="channels", ok=False, what=sentence, do=do)
    if found.ready:
        names = ", ".join(channel.name for channel in found.ready)
        yield Sign(check="channels", ok=True, what=f"tried in this order: {names}")


def _asked(check: str, ask: Callable[[], str]) -> Sign:
    try:
        return Sign(check=check, ok=True, what=ask())
    except HandoffError as error:
        return _wrong(check, error, "Set it, then run doctor again.")
    except ConnectorError as error:
        return _refused(check, error)


def _wrong(check: str, error: HandoffError, do: str) -> Sign:
    return Sign(check=check, ok=False, what=str(error), do=do)


def _refused(check: str, error: ConnectorError) -> Sign:
    if isinstance(error, AuthFailed):
        return Sign(check=check, ok=False, what=str(error), do="Correct the credentials or their permissions.")
    return Sign(check=check, ok=False, what=str(error), do="Correct the address, or wait until the service answers.")
