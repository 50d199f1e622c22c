"""billing.yaml: every deal that passes can become invoices that add up."""

from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handoff.core.pack import BillingEntity, BillingPlan
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_problems.policies import check_currencies
from mappings.pack_problems.texts import check_text

PART = "billing"
_HUNDRED = Decimal(100)


def check(draft: Draft) -> None:
    billing = draft.billing
    if not billing:
        return
    draft.check_role(PART, ("owner_role",), billing.owner_role)
    for label, entity in billing.entities.items():
        draft.check_label(PART, ("entities", label), "billing_entity", label)
        _check_entity(draft, label, entity)
    check_text(draft, PART, ("memo",), billing.memo)
    _check_terms(draft, billing)
    _check_instalments(draft, billing)
    _check_defaults(draft, billing)
    for name in ("amount", "currency", "account_id"):
        if not draft.always_required(name):
            wrong = f"an invoice needs {name}, which a deal may leave empty"
            draft.say(PART, (), wrong, f"Write `{name}: always` under `required` in fields.yaml")


def _check_entity(draft: Draft, label: str, entity: BillingEntity) -> None:
    path = ("entities", label)
    check_currencies(draft, PART, (*path, "currencies"), entity.currencies)
    sold = draft.policies.currencies if draft.policies else ()
    for n, code in enumerate(entity.currencies):
        if sold and code not in sold:
            right = one_of(code, sold, "`currencies` in policies.yaml")
            draft.say(PART, (*path, "currencies", n), f"policies.yaml does not sell in {code}", right)
    try:
        ZoneInfo(entity.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        right = "Write a name of the time-zone database, such as Europe/Berlin"
        draft.say(PART, (*path, "zone"), f"{entity.zone!r} is no time zone", right)
    if not entity.stripe_account.replace("_", "").isalnum() or not entity.stripe_account.isascii():
        wrong = f"{entity.stripe_account!r} cannot be part of the name of a setting"
        draft.say(PART, (*path, "stripe_account"), wrong, "Use letters, digits and _ alone")


def _check_terms(draft: Draft, billing: BillingPlan) -> None:
    for term in billing.days_until_due:
        draft.check_label(PART, ("days_until_due", term), "payment_terms", term)
    for term in sorted(draft.labels_of("payment_terms") - set(billing.days_until_due)):
        wrong = f"the payment terms {term!r} have no days"
        draft.say(PART, ("days_until_due",), wrong, f"Add `{term}: 30`, or whatever they mean")


def _check_instalments(draft: Draft, billing: BillingPlan) -> None:
    for plan, parts in billing.instalments.items():
        path = ("instalments", plan)
        draft.check_label(PART, path, "instalment_plan", plan)
        total = sum((part.percent for part in parts), Decimal(0))
        if total != _HUNDRED:
            wrong = f"the instalments of {plan!r} add up to {total.normalize():f} %"
            draft.say(PART, path, wrong, "Let them add up to exactly 100")
    for plan in sorted(draft.labels_of("instalment_plan") - set(billing.instalments)):
        wrong = f"the instalment plan {plan!r} has no parts"
        draft.say(PART, ("instalments",), wrong, f"Add `{plan}: [{{percent: 100}}]`, or its parts")


def _check_defaults(draft: Draft, billing: BillingPlan) -> None:
    """Every deal finds an entity and terms: its own, which it then must have, or the default."""
    for key, field, default, known in (
        ("default_entity", "billing_entity", billing.default_entity, billing.entities),
        ("default_terms", "payment_terms", billing.default_terms, billing.days_until_due),
    ):
        if default is not None and default not in known:
            draft.say(PART, (key,), f"{default!r} is not described here", one_of(default, known, "those described"))
        if default is None and not draft.always_required(field):
            right = f"Add `{key}:`, or write `{field}: always` under `required` in fields.yaml"
            draft.say(PART, (), f"a deal may leave {field} empty, and there is no {key}", right)
