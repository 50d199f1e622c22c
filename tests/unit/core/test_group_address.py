"""A person answers; a group does not."""

import pytest

from handoff.core.group_address import is_group


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Tom Ortega", "finance@example.com"),
        ("Tom Ortega", "team@example.com"),
        ("Tom Ortega", "no-reply@example.com"),
        ("Tom Ortega", "noreply@example.com"),
        ("Tom Ortega", "do-not-reply@example.com"),
        ("Tom Ortega", "INFO@example.com"),
        ("Tom Ortega", "sales-ops@example.com"),
        ("Tom Ortega", "emea.sales.team@example.com"),
        ("Tom Ortega", "billing+eu@example.com"),
        ("Tom Ortega", "deal_desk@example.com"),
        ("Tom Ortega", "finance2@example.com"),
        ("the team", "tom@example.com"),
        ("Finance", "tom@example.com"),
        ("Sales Operations", "tom@example.com"),
        ("EMEA sales team", "tom@example.com"),
    ],
)
def test_groups_are_recognised(name: str, email: str) -> None:
    assert is_group(name, email)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Tomás Ortega", "tomas.ortega@example.com"),
        ("Dev Patel", "dev.patel@example.com"),
        ("Ada Sales", "ada.sales@example.com"),
        ("Bill Price", "bprice@example.com"),
        ("It Wasi", "i.wasi@example.com"),
        ("田中 芽衣", "mei@example.com"),
        ("Ann Lee", "ann.lee@team.example.com"),
    ],
)
def test_people_are_not_taken_for_groups(name: str, email: str) -> None:
    assert not is_group(name, email)
