"""owners.yaml: people are human beings, and each role has exactly one of them, also once somebody has left."""

from email_validator import EmailNotValidError, validate_email

from handoff.core.deal import FIELD_BY_NAME
from handoff.core.group_address import is_group
from handoff.core.pack import LookUp, Owners, Role
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path

PART = "owners"


def check(draft: Draft, owners: Owners) -> None:
    _check_people(draft, owners)
    last = owners.people.get(owners.tie_breaker)
    if last is None:
        right = one_of(owners.tie_breaker, owners.people, "the people")
        draft.say(PART, ("tie_breaker",), f"nobody is named {owners.tie_breaker!r} under people", right)
    elif last.left is not None:
        wrong = f"the tie-breaker, {last.name}, leaves the company on {last.left}"
        draft.say(PART, ("tie_breaker",), wrong, "Name somebody who stays: every chain ends here")
    for name, role in owners.roles.items():
        _check_role(draft, owners, name, role)
        _check_successor(draft, owners, name, role)


def check_person(draft: Draft, owners: Owners, path: Path, person: str | None) -> None:
    """Somebody whom `people` must describe."""
    if person is not None and person not in owners.people:
        draft.say(PART, path, f"nobody is named {person!r} under people", one_of(person, owners.people, "the people"))


def _check_successor(draft: Draft, owners: Owners, name: str, role: Role) -> None:
    """Whoever leaves while nobody else holds the role, and nobody backs it up."""
    last, key = (role.look_up.fallback, ("look_up", "fallback")) if role.look_up else (role.person, ("person",))
    person = owners.people.get(last or "")
    if person is None or person.left is None or role.backup is not None:
        return
    wrong = f"{person.name} leaves the company on {person.left}, and nobody follows them as {name}"
    draft.say(PART, ("roles", name, *key), wrong, "Name their successor, or add `backup:` with another role")


def _check_people(draft: Draft, owners: Owners) -> None:
    first: dict[str, str] = {}
    for key, person in owners.people.items():
        path: Path = ("people", key)
        if not _is_email(person.email):
            draft.say(PART, (*path, "email"), f"{person.email!r} is no e-mail address", "Write name@company.com")
        if is_group(person.name, person.email):
            wrong = f"{person.name} <{person.email}> is a group, and a group answers for nothing"
            draft.say(PART, (*path, "email"), wrong, "Name one human being with their own address")
        if not person.name.strip():
            draft.say(PART, (*path, "name"), "the name is blank", "Write the person's name")
        if person.email.lower() in first:
            wrong = f"{person.email} is also the address of {first[person.email.lower()]}"
            draft.say(PART, (*path, "email"), wrong, "Describe each person once")
        first.setdefault(person.email.lower(), key)
        for n, absence in enumerate(person.absent):
            if absence.last < absence.first:
                wrong = f"the absence ends on {absence.last}, before it begins on {absence.first}"
                draft.say(PART, (*path, "absent", n), wrong, "Swap the two days")


def _is_email(text: str) -> bool:
    try:
        # example.com and the like are for demonstrations, which is what our own packs are
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _check_role(draft: Draft, owners: Owners, name: str, role: Role) -> None:
    path: Path = ("roles", name)
    if role.person is None and role.look_up is None:
        draft.say(PART, path, f"nobody has the role {name}", "Add `person:` with a key of people, or `look_up:`")
    if role.person is not None and role.look_up is not None:
        wrong = f"the role {name} has two owners: a person and a look-up"
        draft.say(PART, path, wrong, "Keep one; the look-up's `fallback` may be that person")
    check_person(draft, owners, (*path, "person"), role.person)
    if role.look_up:
        _check_look_up(draft, owners, (*path, "look_up"), role.look_up)
    if role.backup is not None and role.backup not in owners.roles:
        right = one_of(role.backup, owners.roles, "the roles")
        draft.say(PART, (*path, "backup"), f"no role is named {role.backup!r}", right)


def _check_look_up(draft: Draft, owners: Owners, path: Path, look_up: LookUp) -> None:
    for key, name in (("field", look_up.field), ("email_field", look_up.email_field)):
        if name is None:
            continue
        if name not in FIELD_BY_NAME:
            right = one_of(name, FIELD_BY_NAME, "a deal's fields")
            draft.say(PART, (*path, key), f"no deal has a field {name!r}", right)
        elif not draft.filled_by_all(name):
            wrong = f"a source of fields.yaml does not fill {name}, so nobody would ever be found by it"
            draft.say(PART, (*path, key), wrong, "Map it in every source, or look the person up by another field")
    if not look_up.people and look_up.email_field is None:
        wrong = "the look-up can find nobody"
        draft.say(PART, path, wrong, "Add `people:` (value of the field: person) or `email_field:`")
    for value, person in look_up.people.items():
        check_person(draft, owners, (*path, "people", value), person)
        draft.check_label(PART, (*path, "people", value), look_up.field, value)
    check_person(draft, owners, (*path, "fallback"), look_up.fallback)
