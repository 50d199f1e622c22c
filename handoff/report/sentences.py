"""What each rule and each failure says in general: the docstrings and sentences that owners read."""

from checks.rules import RULES
from handoff.core.violation import Failure


def rule_sentences() -> dict[str, str]:
    """Rule or failure -> its one sentence."""
    return {name: rule.sentence for name, rule in RULES.items()} | {f.value: f.sentence for f in Failure}
