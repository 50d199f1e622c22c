"""What doctor says of the CRM's handoff fields."""

import pytest

from connectors.ports import SourceField
from handoff.road.crm_view import STATUSES
from handoff.road.org_fields import wrong_write_back
from tests.unit.mappings.demo_deal import demo

MAP = demo().fields.sources["salesforce"]
RIGHT = {"due": "datetime", "last_run": "datetime", "invoice": "url", "project": "url", "page": "url"}


class Org:
    """An org with the fields of the demo pack, but for those that a test changes."""

    def __init__(self, **changes: SourceField | None) -> None:
        fields = {name: SourceField(name=name, type=RIGHT.get(v, "string"), updateable=True) for v, name in written()}
        fields |= {name: field for name, field in changes.items() if field is not None}
        self.fields = {name: field for name, field in fields.items() if changes.get(name, field) is not None}

    def describe(self, object: str) -> dict[str, SourceField]:
        assert object == "Opportunity"
        return self.fields


def written() -> list[tuple[str, str]]:
    return list(MAP.write_back.items())


def status(*values: str) -> SourceField:
    return SourceField(name="Handoff_Status__c", type="picklist", updateable=True, picklist=values)


def found(**changes: SourceField | None) -> list[str]:
    return wrong_write_back(Org(**changes), MAP, STATUSES)  # type: ignore[arg-type]  # it only describes


def test_the_fields_that_we_ship_are_right() -> None:
    assert found(Handoff_Status__c=status(*STATUSES)) == []


@pytest.mark.parametrize("name", [name for _, name in written()])
def test_each_missing_field_is_named(name: str) -> None:
    assert [line.split(" (")[0] for line in found(**{name: None})] == [f"Opportunity has no field {name}"]


@pytest.mark.parametrize(("value", "name"), written())
def test_each_field_of_a_wrong_type_is_named_with_the_right_one(value: str, name: str) -> None:
    (line,) = found(**{name: SourceField(name=name, type="double", updateable=True)})
    assert line.startswith(f"Opportunity.{name} is of type double, and {value} takes a ")
    assert RIGHT.get(value, "string") in line


def test_a_field_that_may_not_be_written_is_named() -> None:
    (line,) = found(Handoff_Due__c=SourceField(name="Handoff_Due__c", type="datetime", updateable=False))
    assert line.startswith("Opportunity.Handoff_Due__c may not be written")


def test_a_picklist_without_a_word_that_we_write_is_named() -> None:
    (line,) = found(Handoff_Status__c=status("Delivered", "Held", "In progress", "Excluded", "Rejected"))
    assert line == "Opportunity.Handoff_Status__c: its picklist lacks 'Delivered, needs attention'"
