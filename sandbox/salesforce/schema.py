"""The org's objects and fields: the standard ones, those a seed's `__c` columns imply, those `_schema.json` states."""

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce import standard
from sandbox.salesforce.fields import Field, choice
from sandbox.salesforce.ids import PREFIXES
from sandbox.salesforce.infer import custom_field
from sandbox.salesforce.stated import Stated
from sandbox.seed import Row, Seed, SeedError


@dataclass(slots=True, kw_only=True)
class ObjectType:
    """One sObject. `fields` by API name, `stored` those and the hidden ones.

    `by_lower` holds `fields` by their names in lower case, since SOQL ignores case.
    """

    name: str
    label: str
    label_plural: str
    prefix: str
    fields: dict[str, Field]
    stored: dict[str, Field]
    by_lower: dict[str, Field] = field(default_factory=dict)
    parents: dict[str, Field] = field(default_factory=dict)
    """Relationship name in lower case -> the reference field."""
    children: dict[str, tuple["ObjectType", Field]] = field(default_factory=dict)
    """Child relationship name in lower case -> the child object and its reference field."""

    def index(self) -> None:
        """Fill the look-ups from `fields`."""
        self.by_lower = {name.lower(): found for name, found in self.fields.items()}
        self.parents = {
            found.relationship.lower(): found for found in self.fields.values() if found.relationship is not None
        }

    def describe_short(self, version: str) -> dict[str, Any]:
        """As the list of all sObjects shows it."""
        root = f"/services/data/{version}/sobjects/{self.name}"
        return {
            "name": self.name,
            "label": self.label,
            "labelPlural": self.label_plural,
            "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"),
            "queryable": True,
            "retrieveable": True,
            "createable": True,
            "updateable": True,
            "deletable": self.name not in standard.NEVER_DELETED,
            "urls": {"sobject": root, "describe": f"{root}/describe", "rowTemplate": f"{root}/{{ID}}"},
        }

    def describe(self, version: str) -> dict[str, Any]:
        """As `GET /sobjects/<Name>/describe` answers."""
        return {
            **self.describe_short(version),
            "fields": [found.describe() for found in self.fields.values()],
            "childRelationships": [
                {
                    "childSObject": child.name,
                    "field": reference.name,
                    "relationshipName": reference.children_as,
                    "cascadeDelete": reference.cascade,
                    "deprecatedAndHidden": False,
                }
                for child, reference in self.children.values()
            ],
            "recordTypeInfos": [],
        }


def build_schema(seed: Seed) -> dict[str, ObjectType]:
    """The org's objects by name. Raises SeedError for a file, a column or a statement that fits no object."""
    stated = Stated.read(seed.get("_schema", []))
    tables = _tables(seed)
    multi_currency = any("CurrencyIsoCode" in row for rows in tables.values() for row in rows)
    schema = {
        name: _object(name, tables.get(name, []), stated, with_currency=multi_currency) for name in standard.OBJECTS
    }
    stated.refuse_unknown_objects(schema)
    for kind in schema.values():
        _refuse_bad_references(kind, schema)
        for reference in kind.fields.values():
            if reference.children_as and reference.reference_to in schema:
                schema[reference.reference_to].children[reference.children_as.lower()] = (kind, reference)
    return schema


def _tables(seed: Seed) -> Seed:
    tables = {stem: rows for stem, rows in seed.items() if "." not in stem and not stem.startswith("_")}
    for stem in tables:
        if stem not in standard.OBJECTS:
            raise SeedError(
                f"{stem}: the sandbox has no such sObject; name the file after one of {', '.join(standard.OBJECTS)}, "
                "or stripe.… or asana.… for the other services."
            )
    return tables


def _object(name: str, rows: list[Row], stated: Stated, *, with_currency: bool) -> ObjectType:
    columns = dict.fromkeys(column for row in rows for column in row if column != "attributes")
    present = {
        found.name: copy(found)
        for found, only_seeded in standard.declared(name)
        if not only_seeded or found.name in columns or (with_currency and found.name == "CurrencyIsoCode")
    }
    if name == "Opportunity" and stated.write_back:
        present |= {found.name: copy(found) for found, _ in standard.declared("WRITE_BACK")}
    specs = stated.objects.get(name, {})
    for column in [*columns, *(wanted for wanted in specs if wanted not in columns)]:
        if column not in present:
            if not column.endswith("__c"):
                raise SeedError(
                    f"{name}: {column} is not a standard field of it that the sandbox has, and a custom one "
                    "ends with __c; rename or remove the column."
                )
            values = [row[column] for row in rows if row.get(column) not in (None, "")]
            present[column] = custom_field(column, values, specs.get(column, {}), object_name=name)
        stated.apply(name, present[column])
    for found in present.values():
        _take_seeded_choices(found, rows, stated_choices="picklistValues" in specs.get(found.name, {}))
    shown = {key: found for key, found in present.items() if not specs.get(key, {}).get("hidden")}
    label = stated.labels.get(name) or standard.LABELS.get(name) or name
    kind = ObjectType(
        name=name,
        label=label,
        label_plural=standard.PLURALS.get(name) or f"{label}s",
        prefix=PREFIXES[name],
        fields=shown,
        stored=present,
    )
    kind.index()
    return kind


def _take_seeded_choices(found: Field, rows: list[Row], *, stated_choices: bool) -> None:
    """A company's picklist holds its own values: those of the seed take the place of a new org's."""
    if found.type != "picklist" or stated_choices:
        return
    seeded = dict.fromkeys(str(row[found.name]) for row in rows if row.get(found.name) not in (None, ""))
    if seeded:
        found.picklist = tuple(choice(value) for value in seeded)


def _refuse_bad_references(kind: ObjectType, schema: dict[str, ObjectType]) -> None:
    for found in kind.fields.values():
        if found.type == "reference" and found.reference_to not in PREFIXES:
            raise SeedError(
                f"_schema: {kind.name}.{found.name} refers to {found.reference_to}, which the sandbox does not have; "
                f"state one of {', '.join(schema)} in referenceTo."
            )
        if found.formula is not None:
            _follow(kind, found, schema)


def _follow(kind: ObjectType, formula: Field, schema: dict[str, ObjectType]) -> None:
    """Check that a formula's path leads to a field."""
    *relationships, last = (formula.formula or "").split(".")
    here = kind
    for name in relationships:
        parent = here.parents.get(name.lower())
        if parent is None or parent.reference_to not in schema:
            raise SeedError(f"_schema: {kind.name}.{formula.name}: {here.name} has no parent {name}; correct formula.")
        here = schema[parent.reference_to]
    if last.lower() not in here.by_lower:
        raise SeedError(f"_schema: {kind.name}.{formula.name}: {here.name} has no field {last}; correct formula.")
