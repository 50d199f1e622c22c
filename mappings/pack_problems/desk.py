"""policies.yaml, `desk`: what may be corrected exists, and corrected money has a second person."""

from handoff.core.deal import FIELD_BY_NAME
from handoff.core.pack import Correctable
from mappings.corrections import NEVER
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path

PART = "policies"
LONGEST_REASON = 64
"""What the store's column of a pause's reason takes."""


def check(draft: Draft) -> None:
    if not draft.policies:
        return
    desk = draft.policies.desk
    for name, correctable in desk.corrections.items():
        _check_correction(draft, ("desk", "corrections", name), name, correctable)
    for key, reasons in (("pause_reasons", desk.pause_reasons), ("rejection_reasons", desk.rejection_reasons)):
        if not reasons:
            draft.say(PART, ("desk", key), "the list is empty, so nobody could give a reason", "Name at least one")
        for n, reason in enumerate(reasons):
            if not reason.strip():
                draft.say(PART, ("desk", key, n), "the reason is blank", "Write a few words, or remove it")
            elif len(reason) > LONGEST_REASON:
                wrong = f"the reason has {len(reason)} characters"
                draft.say(PART, ("desk", key, n), wrong, f"Say it in at most {LONGEST_REASON}; the rest is the why")


def _check_correction(draft: Draft, path: Path, name: str, correctable: Correctable) -> None:
    if name not in FIELD_BY_NAME:
        draft.say(PART, path, f"no deal has a field {name!r}", one_of(name, FIELD_BY_NAME, "a deal's fields"))
        return
    if name in NEVER:
        wrong = f"{name} says which deal it is, whether it is one or whose, and cannot be corrected"
        draft.say(PART, path, wrong, "Remove it: correct the source of the deal")
    draft.check_role(PART, (*path, "second"), correctable.second)
    if correctable.money and correctable.second is None:
        wrong = f"{name} is money, and no role confirms a corrected amount"
        draft.say(PART, path, wrong, "Add `second:` with a role of owners.yaml")
    if correctable.propose and not _comes_from_a_source(draft, name):
        wrong = f"no source fills {name} from a field of its own, so there is nothing to propose a value to"
        draft.say(PART, (*path, "propose"), wrong, "Remove `propose`, or map the field in fields.yaml")


def _comes_from_a_source(draft: Draft, name: str) -> bool:
    if not draft.fields:
        return True
    sources = draft.fields.sources.values()
    return any(name in source.fields and source.fields[name].source is not None for source in sources)
