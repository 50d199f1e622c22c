"""The gate: all rules of a pack, judged for every deal of a batch, with every violation at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from checks.context import Context
from checks.explain import violations
from checks.facts import Facts, OtherDeal
from checks.masks import Masks, judge_all
from checks.rule import Rule
from checks.rules import RULES
from checks.schema import frame
from handoff.core.deal import Theme
from handoff.core.pack import Pack
from handoff.core.violation import Violation

__all__ = ["Facts", "GateResult", "OtherDeal", "frame", "judge", "masks", "rules_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One tuple of violations per deal, empty when it passed; the fingerprint of each rule that judged."""

    violations: list[tuple[Violation, ...]]
    fingerprints: dict[str, str]

    @property
    def passed(self) -> list[bool]:
        """Per deal, whether it may be delivered."""
        return [not found for found in self.violations]


def rules_of(pack: Pack) -> Sequence[Rule]:
    """The rules that a pack uses, in the order owners read them; raises KeyError for one that does not exist."""
    return sorted((RULES[name] for name in set(pack.policies.rules)), key=lambda rule: ORDER[rule.name])


THEMES = tuple(Theme)
ORDER = {rule.name: (THEMES.index(rule.theme), place) for place, rule in enumerate(RULES.values())}


def masks(deals: pl.DataFrame, pack: Pack, source: str, facts: Facts) -> Masks:
    """Which rule holds which deal, without the words."""
    return judge_all(deals, rules_of(pack), Context(pack=pack, source=source, facts=facts))


def judge(deals: pl.DataFrame, pack: Pack, source: str, facts: Facts) -> GateResult:
    """Judge a batch from `frame`. Nothing raises on account of a deal: what cannot be judged is held."""
    rules, context = rules_of(pack), Context(pack=pack, source=source, facts=facts)
    fingerprints = {rule.name: rule.fingerprint for rule in rules}
    if deals.is_empty():
        return GateResult(violations=[], fingerprints=fingerprints)
    found = violations(deals, rules, judge_all(deals, rules, context), context)
    return GateResult(violations=found, fingerprints=fingerprints)
