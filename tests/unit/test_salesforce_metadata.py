"""The files a Salesforce administrator deploys: the fields that we write, as we write them, and nothing else."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from handoff.road.crm_view import STATUSES
from handoff.road.org_fields import _TYPES
from sandbox.salesforce.standard import WRITE_BACK
from tests.unit.mappings.demo_deal import demo

FOLDER = Path(__file__).parents[2] / "docs/salesforce"
SOURCE = FOLDER / "force-app/main/default"
PAGE = FOLDER / "example-page/main/default/flexipages/Opportunity_with_Handoff.flexipage-meta.xml"
NS = {"m": "http://soap.sforce.com/2006/04/metadata"}
TYPES = {"Text": "string", "LongTextArea": "textarea", "Url": "url", "DateTime": "datetime", "Picklist": "picklist"}
"""Metadata type -> what describe says."""
WRITTEN = demo().fields.sources["salesforce"].write_back


def parsed(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # our own files


def text(element: ET.Element, name: str) -> str | None:
    return element.findtext(f"m:{name}", namespaces=NS)


def fields() -> dict[str, ET.Element]:
    found = {}
    for path in (SOURCE / "objects/Opportunity/fields").iterdir():
        element = parsed(path)
        name = text(element, "fullName") or ""
        assert path.name == f"{name}.field-meta.xml"
        found[name] = element
    return found


def test_every_field_that_we_write_is_there_and_no_other():
    assert set(fields()) == set(WRITTEN.values())


@pytest.mark.parametrize(("value", "name"), WRITTEN.items())
def test_a_field_holds_what_we_write(value: str, name: str):
    element = fields()[name]
    kind = TYPES[text(element, "type") or ""]
    assert kind in _TYPES.get(value, {"string", "textarea", "picklist"})
    if kind in {"string", "textarea"}:
        assert int(text(element, "length") or 0) >= 255
    assert text(element, "label")
    assert len(text(element, "inlineHelpText") or "") > 10


def test_the_sandbox_has_the_same_fields_of_the_same_types_but_for_the_picklist():
    stated = dict(line.split()[:2] for line in WRITE_BACK.strip().splitlines())
    found = {name: TYPES[text(element, "type") or ""] for name, element in fields().items()}
    found["Handoff_Status__c"] = "string"
    assert {name: kind.partition(":")[0] for name, kind in stated.items()} == found


def test_the_picklist_has_every_word_that_we_write():
    element = fields()["Handoff_Status__c"]
    assert [v.text for v in element.findall(".//m:value/m:fullName", NS)] == list(STATUSES)
    assert element.findtext(".//m:restricted", namespaces=NS) == "true"


@pytest.mark.parametrize(("name", "editable"), [("Handoff_Integration", "true"), ("Handoff_Reader", "false")])
def test_a_permission_set_names_each_field_once(name: str, editable: str):
    element = parsed(SOURCE / f"permissionsets/{name}.permissionset-meta.xml")
    found = [
        (text(each, "field"), text(each, "editable"), text(each, "readable"))
        for each in element.findall("m:fieldPermissions", NS)
    ]
    assert sorted(found) == sorted((f"Opportunity.{field}", editable, "true") for field in WRITTEN.values())


def test_nobody_may_delete_or_create_by_the_integration_s_permission_set():
    element = parsed(SOURCE / "permissionsets/Handoff_Integration.permissionset-meta.xml")
    objects = element.findall("m:objectPermissions", NS)
    assert {text(o, "object") for o in objects} == {"Account", "Contact", "Opportunity", "Product2"}
    for each in objects:
        assert (text(each, "allowCreate"), text(each, "allowDelete"), text(each, "modifyAllRecords")) == ("false",) * 3
        assert (text(each, "allowEdit") == "true") is (text(each, "object") == "Opportunity")


def test_the_page_shows_each_field_once_and_lets_nobody_edit_it():
    element = parsed(PAGE)
    shown = [each.text for each in element.findall(".//m:fieldItem", NS)]
    assert sorted(shown) == sorted(f"Record.{field}" for field in WRITTEN.values())
    behaviours = element.findall(".//m:fieldInstanceProperties/m:value", NS)
    assert {each.text for each in behaviours} == {"readonly"}
    identifiers = [each.text for each in element.findall(".//m:identifier", NS)]
    assert len(set(identifiers)) == len(identifiers)
    assert not [name for name in identifiers if name and "__" in name]  # as in a developer name
    names = {each.text for each in element.findall("m:flexiPageRegions/m:name", NS)}
    named = {p.findtext("m:value", namespaces=NS) for p in element.findall(".//m:componentInstanceProperties", NS)}
    assert {value for value in named if value and value.startswith("Facet-")} <= names


def test_the_manifest_names_every_file_but_the_example_page_which_must_not_hold_the_fields_back():
    element = parsed(FOLDER / "manifest/package.xml")
    members = {m.text for m in element.findall(".//m:members", NS)}
    files = {path.name.split(".")[0] for path in SOURCE.rglob("*-meta.xml")}
    assert members == {f"Opportunity.{name}" if name in WRITTEN.values() else name for name in files}
    project = json.loads((FOLDER / "sfdx-project.json").read_text())
    assert [p["path"] for p in project["packageDirectories"]] == ["force-app", "example-page"]
    assert project["sourceApiVersion"] == text(element, "version")
