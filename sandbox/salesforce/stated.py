"""What a seed folder's `_schema.json` states about the org: field types, labels, picklists, references, switches.

It holds one object, or a list of them: `{"writeback_fields": false, "Opportunity": {"fields": {"PO__c": {...}}}}`.
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.fields import DEFAULT_LENGTHS, TYPES, Field, choice
from sandbox.seed import Row, SeedError

ATTRIBUTES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "type": (str,),
    "label": (str,),
    "length": (int,),
    "precision": (int,),
    "scale": (int,),
    "required": (bool,),
    "externalId": (bool,),
    "unique": (bool,),
    "updateable": (bool,),
    "hidden": (bool,),
    "restricted": (bool,),
    "picklistValues": (list,),
    "referenceTo": (str, list),
    "relationshipName": (str,),
    "childRelationshipName": (str,),
    "formula": (str,),
}
"""What may be stated of a field. `hidden`: as field-level security hides it, it does not exist for us."""


@dataclass(slots=True, kw_only=True)
class Stated:
    """`objects`: sObject -> field -> its attributes."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    stages: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """StageName -> (closed, won), where its picklist value says so."""
    write_back: bool = True
    daily_api_requests: int | None = None
    default_currency: str | None = None

    @classmethod
    def read(cls, rows: list[Row]) -> "Stated":
        """Raises SeedError naming the key that cannot be used."""
        stated = cls()
        switches = {"writeback_fields": (bool, "write_back"), "daily_api_requests": (int, "daily_api_requests")}
        switches |= {"default_currency": (str, "default_currency")}
        for row in rows:
            if "object" in row:
                row = {str(row["object"]): {key: value for key, value in row.items() if key != "object"}}  # noqa: PLW2901  # the list form of the same
            for key, value in row.items():
                if key in switches:
                    kind, attribute = switches[key]
                    if type(value) is not kind:
                        raise SeedError(f"_schema: {key} is {value!r}, which is no {kind.__name__}; correct it.")
                    setattr(stated, attribute, value)
                elif key == "objects" and isinstance(value, dict):
                    for name, content in value.items():
                        stated._add(name, content)
                else:
                    stated._add(key, value)
        return stated

    def _add(self, name: str, content: Any) -> None:
        if not isinstance(content, dict):
            raise SeedError(f'_schema: {name} is not an object; write {{"fields": {{field: {{"type": ...}}}}}}.')
        specs = content.get("fields", content)
        if isinstance(specs, list):
            specs = {str(spec.get("name")): spec for spec in specs if isinstance(spec, dict)}
        if "label" in content:
            self.labels[name] = str(content["label"])
        known = self.objects.setdefault(name, {})
        for field_name, spec in specs.items():
            if specs is content and field_name == "label":
                continue
            known[field_name] = {**known.get(field_name, {}), **_checked(f"{name}.{field_name}", spec)}
            if (name, field_name) == ("Opportunity", "StageName"):
                self._learn_stages(known[field_name].get("picklistValues", []))

    def _learn_stages(self, values: list[Any]) -> None:
        for value in values:
            if isinstance(value, dict) and ("closed" in value or "won" in value):
                won = bool(value.get("won"))
                self.stages[str(value["value"])] = (bool(value.get("closed", won)), won)

    def refuse_unknown_objects(self, schema: dict[str, Any]) -> None:
        """Raises SeedError for a statement about an sObject that is not there."""
        for name in self.objects:
            if name not in schema:
                raise SeedError(f"_schema: {name} is no sObject of the sandbox; it has {', '.join(schema)}.")

    def apply(self, object_name: str, found: Field) -> None:
        """Change a field to what is stated of it."""
        spec = self.objects.get(object_name, {}).get(found.name, {})
        if "type" in spec and spec["type"] != found.type:
            found.type = spec["type"]
            found.length = DEFAULT_LENGTHS.get(found.type, 0)
        plain = {"label": "label", "length": "length", "scale": "scale", "required": "required", "unique": "unique"}
        plain |= {"externalId": "external_id", "updateable": "writable", "restricted": "restricted"}
        plain |= {"relationshipName": "relationship", "childRelationshipName": "children_as"}
        for key, attribute in plain.items():
            if key in spec:
                setattr(found, attribute, spec[key])
        if "picklistValues" in spec:
            found.picklist = tuple(_choice(f"{object_name}.{found.name}", value) for value in spec["picklistValues"])
        if found.type == "reference":
            self._apply_reference(object_name, found, spec)
        if "formula" in spec:
            found.formula, found.writable = spec["formula"], False

    def _apply_reference(self, object_name: str, found: Field, spec: dict[str, Any]) -> None:
        to: Any = spec.get("referenceTo", found.reference_to)
        found.reference_to = str(to[0]) if isinstance(to, list) and to else to
        if not found.reference_to:
            raise SeedError(f"_schema: {object_name}.{found.name} is a reference; state referenceTo, such as Contact.")
        if found.relationship is None and found.custom:
            found.relationship = f"{found.name.removesuffix('__c')}__r"


def _checked(where: str, given: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": given} if isinstance(given, str) else given
    if not isinstance(spec, dict):
        raise SeedError(f'_schema: {where} is not an object; write {{"type": "string", ...}}.')
    spec = {**spec, "type": str(spec["type"]).lower()} if "type" in spec else spec
    for key, value in spec.items():
        if key not in ATTRIBUTES:
            raise SeedError(f"_schema: {where} states {key}, which is not one of {', '.join(ATTRIBUTES)}.")
        if type(value) not in ATTRIBUTES[key]:
            raise SeedError(
                f"_schema: {where}: {key} is {value!r}, which is no {ATTRIBUTES[key][0].__name__}; correct it."
            )
    if spec.get("type", "string") not in TYPES:
        raise SeedError(f"_schema: {where} is of the type {spec['type']}; write one of {', '.join(sorted(TYPES))}.")
    return spec


def _choice(where: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return choice(value)
    if isinstance(value, dict) and isinstance(value.get("value"), str):
        return choice(value["value"], label=value.get("label"), active=bool(value.get("active", True)))
    raise SeedError(f'_schema: {where}: {value!r} is not a picklist value; write "Text" or {{"value": "Text"}}.')


def stage_flags(stage: str | None, learned: dict[str, tuple[bool, bool]]) -> tuple[bool, bool]:
    """(closed, won) of a stage: as stated or seen in the seed, else by the words in its name."""
    if stage is None:
        return False, False
    if stage in learned:
        return learned[stage]
    words = set(stage.lower().replace("-", " ").split())
    won = "won" in words
    return won or bool(words & {"closed", "lost"}), won
