"""One field of an sObject: its type, what values it takes, and how `describe` shows it."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from sandbox.salesforce.errors import ApiError, cannot_read

TEXT = frozenset({"string", "textarea", "picklist", "multipicklist", "email", "phone", "url", "combobox"})
IDS = frozenset({"id", "reference"})
NUMBERS = frozenset({"currency", "double", "percent", "int"})
TYPES = TEXT | IDS | NUMBERS | {"boolean", "date", "datetime"}

DEFAULT_LENGTHS = {"string": 255, "picklist": 255, "multipicklist": 4099, "email": 80, "phone": 40, "url": 255}
DEFAULT_LENGTHS |= {"textarea": 255, "id": 18, "reference": 18, "combobox": 255}
UNFILTERABLE_LENGTH = 255
"""A text area longer than this is a long text area, which no WHERE and no ORDER BY may name."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})")
_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
_SOAP = {"boolean": "xsd:boolean", "date": "xsd:date", "datetime": "xsd:dateTime", "int": "xsd:int"}


@dataclass(slots=True, kw_only=True)
class Field:
    """`reference` fields name the sObject they point to; `formula` is a parent path whose value the field shows."""

    name: str
    type: str
    label: str
    length: int = 0
    scale: int = 0
    required: bool = False
    writable: bool = True
    external_id: bool = False
    unique: bool = False
    reference_to: str | None = None
    relationship: str | None = None
    children_as: str | None = None
    """The name under which the parent lists these rows in a child subquery."""
    cascade: bool = False
    """Whether deleting the parent deletes these rows."""
    picklist: tuple[dict[str, Any], ...] | None = None
    restricted: bool = False
    formula: str | None = None

    @property
    def custom(self) -> bool:
        """Whether a company added it."""
        return self.name.endswith("__c")

    @property
    def filterable(self) -> bool:
        """Whether WHERE and ORDER BY may name it."""
        return not (self.type == "textarea" and self.length > UNFILTERABLE_LENGTH)

    def describe(self) -> dict[str, Any]:
        """As an element of `fields` in the sObject's describe."""
        numeric = self.type in NUMBERS - {"int"}
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "soapType": _SOAP.get(
                self.type, "xsd:double" if numeric else "tns:ID" if self.type in IDS else "xsd:string"
            ),
            "length": self.length,
            "byteLength": self.length * 3,
            "precision": 18 if numeric else 0,
            "scale": self.scale,
            "digits": 9 if self.type == "int" else 0,
            "nillable": not self.required and self.type not in {"id", "boolean"},
            "createable": self.writable,
            "updateable": self.writable,
            "calculated": self.formula is not None,
            "calculatedFormula": self.formula,
            "custom": self.custom,
            "unique": self.unique,
            "externalId": self.external_id,
            "idLookup": self.type == "id" or self.external_id,
            "nameField": self.name == "Name",
            "caseSensitive": False,
            "cascadeDelete": self.cascade,
            "defaultedOnCreate": self.type in {"boolean", "id"} or self.name == "OwnerId",
            "filterable": self.filterable,
            "sortable": self.filterable,
            "groupable": self.filterable,
            "deprecatedAndHidden": False,
            "referenceTo": [self.reference_to] if self.reference_to else [],
            "relationshipName": self.relationship,
            "picklistValues": list(self.picklist or ()),
            "restrictedPicklist": self.restricted,
        }

    def read(self, given: Any) -> Any:
        """The value as the org stores it, from a write's JSON value, checked as a write is. Raises ApiError."""
        value = self.convert(given)
        if isinstance(value, str) and self.type in TEXT:
            self._check_text(value)
        return value

    def convert(self, given: Any) -> Any:
        """The value in the field's type; whether a user could have entered it is not asked. Raises ApiError."""
        if given is None or given == "":
            return False if self.type == "boolean" else None
        if self.type == "boolean":
            return _boolean(given)
        if self.type in NUMBERS:
            return _number(given, self.type)
        if not isinstance(given, str):
            raise cannot_read(self.type, given)
        if self.type == "date":
            return _date(given)
        if self.type == "datetime":
            return _moment(given)
        return given

    def _check_text(self, given: str) -> None:
        if self.length and len(given) > self.length:
            raise ApiError(
                400,
                "STRING_TOO_LONG",
                f"{self.label}: data value too large: {given[:255]} (max length={self.length})",
                [self.name],
            )
        if self.restricted and given not in {choice["value"] for choice in self.picklist or () if choice["active"]}:
            raise ApiError(
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{self.label}: bad value for restricted picklist field: {given}",
                [self.name],
            )
        if self.type == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", given):
            raise ApiError(400, "INVALID_EMAIL_ADDRESS", f"{self.label}: invalid email address: {given}", [self.name])


def choice(value: str, *, label: str | None = None, active: bool = True) -> dict[str, Any]:
    """One value of a picklist, as describe shows it."""
    return {"active": active, "defaultValue": False, "label": label or value, "validFor": None, "value": value}


def stamp_text(moment: datetime) -> str:
    """A date-time as Salesforce writes it: UTC, milliseconds, +0000."""
    utc = moment.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def wire_number(number: float | None) -> Any:
    """A double as Salesforce, being Java, prints it: 1.0E7 from ten million on."""
    if number is None or (-1e7 < number < 1e7 and (number == 0 or not -1e-3 < number < 1e-3)):
        return number
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    first, *rest = map(str, digits)
    return orjson.Fragment(f"{'-' * sign}{first}.{''.join(rest) or '0'}E{len(rest) + int(exponent)}")


def _boolean(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in {"true", "false"}:
        return given.lower() == "true"
    raise cannot_read("boolean", given)


def _number(given: Any, kind: str) -> float | int:
    if isinstance(given, bool):
        raise cannot_read(kind, given)
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        raise cannot_read(kind, given) from None
    if not math.isfinite(number) or (isinstance(given, str) and not _NUMBER.fullmatch(given)):
        raise cannot_read(kind, given)
    if kind == "int":
        if number != int(number):
            raise cannot_read("int", given)
        return int(number)
    if abs(number) >= 1e18:
        raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"value outside of valid range on numeric field: {given}")
    return number


def _date(given: str) -> str:
    if not _DATE.fullmatch(given):
        raise cannot_read("date", given)
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise cannot_read("date", given) from None


def _moment(given: str) -> str:
    if not _MOMENT.fullmatch(given):
        raise cannot_read("datetime", given)
    try:
        return stamp_text(datetime.fromisoformat(given))
    except (ValueError, OverflowError):
        raise cannot_read("datetime", given) from None
