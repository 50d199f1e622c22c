"""Before a run: are these the services that this ledger was written for, and do those that failed work again?"""

from connectors.errors import ConnectorError
from handoff.core.errors import UsageError
from handoff.road.house import House
from handoff.road.run import Run
from handoff.store import outages

_LIVE = {True: "live", False: "test"}


def bind_billing(house: House) -> None:
    """Refuse a key of live mode on a ledger of test mode, and the reverse: their customers are not each other's.

    Raises UsageError. No service is asked: a key says its mode.
    """
    accounts = {entity.stripe_account for entity in house.pack.billing.entities.values()}
    modes = {f"stripe:{account}": _LIVE[house.billing(account).livemode] for account in sorted(accounts)}
    with house.store.write() as tx:
        before = outages.bound(tx)
        for what, mode in modes.items():
            if before.get(what, mode) != mode:
                raise UsageError(
                    f"This ledger holds what was made in Stripe's {before[what]} mode, and the key of {what} is a "
                    f"{mode} key. Use another HANDOFF_HOME (and HANDOFF_STORE_URL) for {mode} mode."
                )
        outages.bind(tx, {w: mode for w, mode in modes.items() if w not in before}, house.clock.now())


def bind_org(run: Run) -> None:
    """Refuse another org than the ledger's, and live invoices for the deals of a sandbox org. Raises UsageError."""
    house = run.house
    org, trial = house.source.org_id(), house.source.is_sandbox()
    live = [account for account, billing in house.opened_billing().items() if billing.livemode]
    if trial and live:
        raise UsageError(
            f"HANDOFF_STRIPE_KEY is a live key (account {', '.join(live)}), and the Salesforce org {org} is a sandbox: "
            "its deals would be invoiced for real. Use a test key, or the production org. Nothing was done."
        )
    if trial is False and len(live) < len(house.opened_billing()):
        run.warnings.append("Stripe is in test mode and the Salesforce org is not a sandbox: no invoice is real.")
    with house.store.write() as tx:
        before = outages.bound(tx).get(house.source.name)
        if before is None:
            outages.bind(tx, {house.source.name: org}, house.clock.now())
        elif before != org:
            raise UsageError(
                f"This ledger belongs to the Salesforce org {before}, and HANDOFF_SALESFORCE_LOGIN_URL leads to {org}. "
                "Correct it, or use another HANDOFF_HOME (and HANDOFF_STORE_URL) for that org. Nothing was done."
            )


def probe(run: Run) -> None:
    """Ask each service that was down once, so that an outage costs a call a run and not one per deal."""
    house = run.house
    with house.store.read() as tx:
        down = outages.open_ones(tx)
    for service in down:
        try:
            check(house, service)
        except ConnectorError as error:
            run.delivery.breaker.failed(service, str(error), at_once=True)
        else:
            run.delivery.breaker.answered(service)


def check(house: House, service: str) -> str:
    """What a service says to a call that changes nothing. Raises ConnectorError."""
    kind, _, account = service.partition(":")
    match kind:
        case "salesforce":
            return house.source.check()
        case "asana":
            return house.tracker.check()
        case _:
            return house.billing(account or "default").check()
