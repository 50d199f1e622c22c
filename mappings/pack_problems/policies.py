"""trigger.yaml and policies.yaml: each rule used or declared off, limits in real currencies and labels."""

import re
from collections import Counter
from collections.abc import Iterable

from handoff.core.money import is_currency
from handoff.core.pack import Policies, Trigger
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path

PART = "policies"
_ONLY_PYTHON = re.compile(r"\(\?|\\[1-9]")
"""Look-around and back-references: the gate's regular expressions have none."""


def check(draft: Draft) -> None:
    if draft.trigger:
        _check_trigger(draft, draft.trigger)
    if draft.policies:
        draft.check_role(PART, ("owner_role",), draft.policies.owner_role)
        _check_rules(draft, draft.policies)
        _check_limits(draft, draft.policies)
        _check_deal_id(draft, draft.policies.deal_id)
        for n, domain in enumerate(draft.policies.own_domains):
            if "@" in domain or "." not in domain:
                wrong = f"{domain!r} is no domain"
                draft.say(PART, ("own_domains", n), wrong, "Write what stands behind the @, such as company.com")


def check_currencies(draft: Draft, part: str, path: Path, codes: Iterable[str]) -> None:
    """Codes of ISO 4217, in upper case."""
    for n, code in enumerate(codes):
        if not is_currency(code):
            right = f"Write {code.upper()}" if is_currency(code.upper()) else "Write a code such as USD"
            draft.say(part, (*path, n), f"{code!r} is no currency of ISO 4217", right)


def _check_trigger(draft: Draft, trigger: Trigger) -> None:
    draft.check_role("trigger", ("owner_role",), trigger.owner_role)
    draft.check_role("trigger", ("stop_role",), trigger.stop_role)
    for key, name, labels in (
        ("stages", "stage", trigger.stages),
        ("record_types", "record_type", trigger.record_types),
    ):
        for n, label in enumerate(labels):
            draft.check_label("trigger", (key, n), name, label)
        if labels and not draft.filled_by_all(name):
            wrong = f"a source of fields.yaml does not fill {name}, so none of its deals would ever start"
            draft.say("trigger", (key,), wrong, f"Map {name} in every source, or remove `{key}`")
    if trigger.won and not draft.filled_by_all("won"):
        wrong = "a source of fields.yaml does not fill won, so none of its deals would ever start"
        draft.say("trigger", ("won",), wrong, "Map won in every source, or write `won: false` and name stages")
    if not trigger.won and not trigger.stages:
        wrong = "every deal would start a handoff, also open and lost ones"
        draft.say("trigger", ("won",), wrong, "Write `won: true`, or name the stages that start one")


def _check_rules(draft: Draft, policies: Policies) -> None:
    for rule, count in Counter(policies.rules).items():
        path: Path = ("rules", len(policies.rules) - 1 - policies.rules[::-1].index(rule))
        if count > 1:
            draft.say(PART, path, f"the rule {rule} stands {count} times", "Keep it once")
        if rule not in draft.rules:
            draft.say(PART, path, f"there is no rule {rule!r}", one_of(rule, draft.rules, "the rules we have"))
        if rule in policies.off:
            line = draft.documents[PART].line(("off", rule))
            draft.say(PART, path, f"the rule {rule} is used, and declared off on line {line}", "Keep one of the two")
    for rule, why in policies.off.items():
        if rule not in draft.rules:
            right = one_of(rule, draft.rules, "the rules we have")
            draft.say(PART, ("off", rule), f"there is no rule {rule!r}", right)
        if not why.strip():
            draft.say(PART, ("off", rule), f"no reason is given for {rule}", "Say why this company does not use it")
    for rule in sorted(draft.rules - set(policies.rules) - set(policies.off)):
        wrong = f"the rule {rule} is neither used nor declared off"
        draft.say(PART, ("rules",), wrong, f"Add it here, or `{rule}: why not` under `off`")


def _check_limits(draft: Draft, policies: Policies) -> None:
    check_currencies(draft, PART, ("currencies",), policies.currencies)
    for code in policies.amount.maximum:
        path: Path = ("amount", "maximum", code)
        if not is_currency(code):
            draft.say(PART, path, f"{code!r} is no currency of ISO 4217", "Write a code such as USD")
        elif policies.currencies and code not in policies.currencies:
            right = one_of(code, policies.currencies, "the currencies of this file")
            draft.say(PART, path, f"this company does not sell in {code}", right)
    for product in policies.discount.list_prices if policies.discount else ():
        draft.check_label(PART, ("discount", "list_prices", product), "lines.product", product)
    for n, product in enumerate(policies.recurring_products):
        draft.check_label(PART, ("recurring_products", n), "lines.product", product)
    for rule, key, stated in (
        ("discount_within_limit_or_approved", "discount", policies.discount),
        ("payment_terms_within_limit_or_approved", "payment_terms", policies.payment_terms),
    ):
        if rule in policies.rules and stated is None:
            draft.say(PART, (key,), f"the rule {rule} is used, but its limit is not stated", f"Add `{key}:`")


def _check_deal_id(draft: Draft, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        wrong = f"{pattern!r} is no regular expression: {error}"
        draft.say(PART, ("deal_id",), wrong, "Correct it, or remove the line: 18 letters and digits are the default")
        return
    if _ONLY_PYTHON.search(pattern):
        wrong = f"{pattern!r} looks around or back, which the gate cannot"
        draft.say(PART, ("deal_id",), wrong, "Write it with plain groups ( ), | and repetitions")
