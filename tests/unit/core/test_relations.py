"""What somebody is to an entry: by id and e-mail, through look-ups, backups and reviews; strangers stay strangers."""

import pytest

from handoff.core.authority import Relation
from handoff.core.pack import LookUp, Owners, Person, Role
from handoff.core.relations import holds_any, person_of, relations, same_person

OWN, ACC, BAK, TIE = Relation.OWNER, Relation.ACCOUNTABLE, Relation.BACKUP, Relation.TIE_BREAKER
REV, KNOWN, STRANGER = Relation.REVIEWER, Relation.KNOWN, Relation.STRANGER


def person(name: str) -> Person:
    return Person(name=name.title(), email=f"{name.title()}@example.com")


OWNERS = Owners(
    tie_breaker="helena",
    people={name: person(name) for name in ("helena", "ana", "bob", "cleo", "dan", "eve")},
    roles={
        "finance": Role(title="Finance", person="ana", backup="operations"),
        "operations": Role(title="Operations", person="bob", backup="finance"),
        "rep_manager": Role(
            title="Manager of the rep",
            look_up=LookUp(
                field="rep_manager", people={"Cleo L.": "cleo"}, email_field="rep_manager_email", fallback="dan"
            ),
            backup="finance",
        ),
        "legal": Role(title="Legal", person="eve"),
    },
    rules={},
    failures={},
)


def are(actor: str, role: str = "finance", owner: str = "ana", **values: str) -> set[Relation]:
    return set(relations(OWNERS, actor, owner=owner, role=role, values=values, reviewers=["legal"]))


@pytest.mark.parametrize(
    ("actor", "found"),
    [
        ("ana", {OWN, ACC, KNOWN}),
        ("Ana@example.com", {OWN, ACC, KNOWN}),
        ("ANA@EXAMPLE.COM", {OWN, ACC, KNOWN}),
        ("bob", {BAK, KNOWN}),
        ("bob@example.com", {BAK, KNOWN}),
        ("eve", {REV, KNOWN}),
        ("helena", {TIE, KNOWN}),
        ("dan", {KNOWN}),
        ("zoe", {STRANGER}),
        ("zoe@example.com", {STRANGER}),
        ("Ana", {STRANGER}),  # names are not unique: ids and e-mails are
        ("", {STRANGER}),
        (" ana", {STRANGER}),
    ],
)
def test_of_an_entry_that_its_role_owns(actor: str, found: set[Relation]):
    assert are(actor) == found


def test_whoever_was_given_an_entry_owns_it_and_its_role_still_answers():
    assert are("dan", owner="dan") == {OWN, KNOWN}
    assert are("ana", owner="dan") == {ACC, KNOWN}
    assert are("bob", owner="Bob@example.com") == {OWN, BAK, KNOWN}


def test_one_person_may_be_several_things():
    assert are("helena", owner="helena") == {OWN, TIE, KNOWN}
    both = relations(OWNERS, "bob", owner="ana", role="finance", values={}, reviewers=["operations", "legal"])
    assert both == {BAK, REV, KNOWN}


def test_of_a_look_up_each_value_the_crms_person_and_the_fallback_hold_the_role():
    cleo = {"rep_manager": "Cleo L."}
    assert are("cleo", "rep_manager", "cleo", **cleo) == {OWN, ACC, KNOWN}
    assert are("dan", "rep_manager", "cleo", **cleo) == {ACC, KNOWN}
    assert are("ana", "rep_manager", "cleo", **cleo) == {BAK, KNOWN}
    assert are("bob", "rep_manager", "cleo", **cleo) == {BAK, KNOWN}
    assert are("cleo", "rep_manager", "dan", rep_manager="Somebody else") == {KNOWN}
    stranger = {"rep_manager": "Zoe", "rep_manager_email": "Zoe@Example.com"}
    assert are("zoe@example.com", "rep_manager", "zoe@example.com", **stranger) == {OWN, ACC}
    assert are("mia@example.com", "rep_manager", "zoe@example.com", **stranger) == {STRANGER}


def test_a_role_that_the_pack_no_longer_has_has_no_holders_but_its_entry_an_owner():
    assert are("ana", "gone") == {OWN, KNOWN}
    assert are("bob", "gone") == {KNOWN}
    assert are("helena", "gone") == {TIE, KNOWN}


def test_people_are_the_same_by_id_and_e_mail_whatever_the_case():
    assert person_of(OWNERS, "ana@EXAMPLE.com") == "ana"
    assert person_of(OWNERS, "zoe") is None
    assert same_person(OWNERS, "ana", "ANA@example.com")
    assert same_person(OWNERS, "zoe@example.com", "Zoe@Example.com")
    assert not same_person(OWNERS, "ana", "bob@example.com")
    assert holds_any(OWNERS, "Eve@example.com", ["legal", "finance"], {})
    assert not holds_any(OWNERS, "eve", ["finance"], {})
    assert not holds_any(OWNERS, "eve", [], {})
