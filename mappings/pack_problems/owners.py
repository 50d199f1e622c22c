"""owners.yaml: every rule and failure leads to exactly one person, never to a group, never in a circle."""

from handoff.core.entry import EntryKind
from handoff.core.pack import Accountable, Owners
from handoff.core.violation import Failure
from mappings.pack_problems import calendars, people
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_problems.texts import check_text
from mappings.pack_yaml import Path

PART = "owners"


def check(draft: Draft) -> None:
    owners = draft.owners
    if not owners:
        return
    people.check(draft, owners)
    calendars.check(draft, owners)
    _check_chains(draft, owners)
    for n, role in enumerate(owners.viewers):
        draft.check_role(PART, ("viewers", n), role)
    _check_failures(draft, owners)
    for name, accountable in owners.rules.items():
        _check_accountable(draft, ("rules", name), accountable)
        if name not in draft.rules:
            right = one_of(name, draft.rules, "the rules we have")
            draft.say(PART, ("rules", name), f"there is no rule {name!r}", right)
    _check_every_rule_owned(draft, owners)


def _check_chains(draft: Draft, owners: Owners) -> None:
    """Each loop once, at the first of its roles."""
    told: set[str] = set()
    for name in owners.roles:
        chain = [name]
        while (after := owners.roles[chain[-1]].backup) in owners.roles and after not in chain:
            chain.append(str(after))
        after = owners.roles[chain[-1]].backup
        if after == name and not told & set(chain):
            told |= set(chain)
            loop = " -> ".join([*chain, name])
            right = "Remove one `backup:` of the chain; its end is the tie-breaker"
            draft.say(PART, ("roles", name, "backup"), f"the backups lead in a circle: {loop}", right)


def _check_accountable(draft: Draft, path: Path, accountable: Accountable) -> None:
    draft.check_role(PART, (*path, "role"), accountable.role)
    for n, role in enumerate(accountable.reviewers):
        draft.check_role(PART, (*path, "reviewers", n), role)
        if role == accountable.role:
            wrong = f"{role} decides, and would also be a reviewer, who only comments"
            draft.say(PART, (*path, "reviewers", n), wrong, "Remove it from `reviewers`")
    if accountable.waive and accountable.kind is EntryKind.APPROVAL:
        wrong = f"{path[-1]} is a question of approval, and a waiver holds for whatever the deal says later"
        draft.say(PART, (*path, "waive"), wrong, "Remove `waive`: have it approved, which holds for what was seen")
    for n, role in enumerate(accountable.waive.roles if accountable.waive else ()):
        draft.check_role(PART, (*path, "waive", "roles", n), role)
    if accountable.customer_note is not None:
        check_text(draft, PART, (*path, "customer_note"), accountable.customer_note)


def _check_failures(draft: Draft, owners: Owners) -> None:
    known = {failure.value for failure in Failure}
    for name, accountable in owners.failures.items():
        _check_accountable(draft, ("failures", name), accountable)
        if accountable.waive is not None:
            wrong = f"{name} is a failure, and only rules can be waived"
            draft.say(PART, ("failures", name, "waive"), wrong, "Remove `waive`")
        if name not in known:
            right = one_of(name, known, "the failures that can happen")
            draft.say(PART, ("failures", name), f"there is no failure {name!r}", right)
    for name in sorted(known - set(owners.failures)):
        draft.say(PART, ("failures",), f"the failure {name} has no owner", f"Add `{name}: {{role: ...}}`")


def _check_every_rule_owned(draft: Draft, owners: Owners) -> None:
    for name in draft.policies.rules if draft.policies else ():
        if name in draft.rules and name not in owners.rules:
            draft.say(PART, ("rules",), f"the rule {name} has no owner", f"Add `{name}: {{role: ...}}`")
