"""Turns seed rows into the org's: ids completed, values read by type, references checked, stamps given."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.fields import IDS, stamp_text
from sandbox.salesforce.ids import PREFIXES, as_18, to_18
from sandbox.salesforce.org import DAILY_REQUESTS, INTEGRATION_USER, ORG_ID, Org, Row
from sandbox.salesforce.schema import ObjectType, build_schema
from sandbox.salesforce.stated import Stated
from sandbox.seed import Seed, SeedError

ORDER = (
    "Organization",
    "User",
    "RecordType",
    "Account",
    "Contact",
    "Product2",
    "PricebookEntry",
    "Opportunity",
    "OpportunityLineItem",
)
"""Parents before children, since a line takes its product and list price from its parents."""


def open_org(seed: Seed, clock: Clock) -> Org:
    """The org that a seed describes. Raises SeedError naming the file, the row and the column that cannot be used."""
    seed = {name: [*rows] for name, rows in seed.items()}
    references = _lift_children(seed)
    schema = build_schema(seed)
    stated = Stated.read(seed.get("_schema", []))
    currencies = Counter(row["CurrencyIsoCode"] for rows in seed.values() for row in rows if row.get("CurrencyIsoCode"))
    org = Org(
        clock=clock,
        schema=schema,
        daily_requests=stated.daily_api_requests or DAILY_REQUESTS,
        default_currency=stated.default_currency or next(iter(dict(currencies.most_common(1))), "USD"),
        stages=_stages(seed.get("Opportunity", [])) | stated.stages,
    )
    now = stamp_text(clock.now())
    _add_integration_user(org, now)
    seed.setdefault("Organization", [{"Id": ORG_ID, "Name": "Handoff's stand-in", "IsSandbox": True}])
    for name in ORDER:
        kind = schema[name]
        for number, row in enumerate(seed.get(name, []), start=1):
            _place(org, kind, row, where=f"{name} row {number}", now=now, references=references)
    for name in ORDER:
        _check_references(org, schema[name])
    return org


def _place(org: Org, kind: ObjectType, given: Row, *, where: str, now: str, references: dict[str, str]) -> None:
    place(org, kind, read_row(org, kind, given, where=where, now=now, references=references), given)


def place(org: Org, kind: ObjectType, values: Row, given: Row) -> None:
    """Put a row in that `read_row` has read; what it says of won and closed is not derived from its stage."""
    flags: Row = {
        name: values[name] for name in ("IsWon", "IsClosed") if values.get(name) is not None and name in given
    }
    org.place(kind, values)
    org.tables[kind.name][values["Id"]].update(flags)


def read_row(
    org: Org, kind: ObjectType, given: Row, *, where: str, now: str, references: dict[str, str] | None = None
) -> Row:
    """A seed's row as the org stores it. Raises SeedError; `where` says of which row."""
    references = references or {}
    values: Row = {}
    for column, value in given.items():
        found = kind.stored.get(column)
        if column == "attributes" or found is None or found.formula:
            continue
        if found.type in IDS and value:
            values[column] = _id(f"{where}: {column}", references.get(value, value), prefix_of=kind, column=column)
            continue
        try:
            values[column] = found.convert(_from_text(value, found.type))
        except ApiError as error:
            raise SeedError(f"{where}: {column} is {str(value)[:80]!r}, which is no {found.type} ({error}).") from None
    values.setdefault("Id", None)
    values["Id"] = values["Id"] or org.new_id(kind)
    if values["Id"] in org.tables[kind.name]:
        raise SeedError(f"{where}: the Id {values['Id']} is on two rows; give each its own.")
    for stamp in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
        values[stamp] = values.get(stamp) or now
    _fill(org, kind, values, given)
    return values


def _fill(org: Org, kind: ObjectType, values: Row, given: Row) -> None:
    """What a real org never leaves empty."""
    for column in ("CreatedById", "LastModifiedById", "OwnerId"):
        if column in kind.stored and not values.get(column):
            values[column] = INTEGRATION_USER
    if "CurrencyIsoCode" in kind.stored and not values.get("CurrencyIsoCode"):
        values["CurrencyIsoCode"] = org.default_currency
    if "IsActive" in kind.stored and given.get("IsActive") in (None, ""):
        values["IsActive"] = True
    if kind.name in {"Contact", "User"} and values.get("Name") and not values.get("LastName"):
        first, _, last = values["Name"].rpartition(" ")
        values["FirstName"], values["LastName"] = first or None, last
    if kind.name == "User" and not values.get("Username"):
        values["Username"] = values.get("Email")


def _from_text(value: Any, kind: str) -> Any:
    """CSV writes numbers of every kind as text, and Data Loader adds a time to dates."""
    if kind == "date" and isinstance(value, str) and value[10:] in {"T00:00:00.000Z", "T00:00:00.000+0000"}:
        return value[:10]
    return value


def _id(where: str, value: Any, *, prefix_of: ObjectType, column: str) -> str:
    full = as_18(value) if isinstance(value, str) else None
    if full is None:
        hint = ""
        if isinstance(value, str) and len(value) == 18 and value[:15].isalnum() and value[:15].isascii():
            hint = f"; its check digits would make it {to_18(value[:15])}"
        raise SeedError(f"{where} is {value!r}, which is no Salesforce id{hint}.")
    reference = prefix_of.stored[column].reference_to
    prefix = prefix_of.prefix if column == "Id" else PREFIXES.get(reference or "", "")
    if not full.startswith(prefix):
        raise SeedError(f"{where} is {value!r}; ids of {reference or prefix_of.name} start with {prefix}.")
    return full


def _check_references(org: Org, kind: ObjectType) -> None:
    checked = [found for found in kind.stored.values() if found.reference_to in org.tables]
    for row in org.tables[kind.name].values():
        for found in checked:
            target = row[found.name]
            if target and target not in org.tables[found.reference_to or ""]:
                raise SeedError(
                    f"{kind.name} {row['Id']}: {found.name} is {target}, and no seeded {found.reference_to} has "
                    "that Id; add the row or empty the cell."
                )


def _lift_children(seed: Seed) -> dict[str, str]:
    """Move the children that `sf data export tree` nests into files of their own; '@reference' -> id for all rows."""
    names = {"Opportunities": ("Opportunity", "AccountId"), "Contacts": ("Contact", "AccountId")}
    names["OpportunityLineItems"] = ("OpportunityLineItem", "OpportunityId")
    references: dict[str, str] = {}
    for name in ORDER:
        kept = []
        for number, (given, label) in enumerate(_labelled(seed.get(name, [])), start=1):
            row = given
            nested = {key: row[key] or {} for key in names if key in row}
            if label or nested:
                row = {key: value for key, value in row.items() if key not in nested}
                row["Id"] = row.get("Id") or to_18(f"{PREFIXES[name]}tree{number:08d}")
                if label:
                    references[f"@{label}"] = row["Id"]
                for key, content in nested.items():
                    child, column = names[key]
                    extra = [{**inner, column: row["Id"]} for inner in content.get("records", [])]
                    seed[child] = [*seed.get(child, []), *extra]
            kept.append(row)
        if name in seed:
            seed[name] = kept
    return references


def _labelled(rows: list[Row]) -> Iterator[tuple[Row, str | None]]:
    for row in rows:
        attributes = row.get("attributes")
        yield row, attributes.get("referenceId") if isinstance(attributes, dict) else None


def _stages(rows: list[Row]) -> dict[str, tuple[bool, bool]]:
    """What the seed's own rows say about each stage."""
    seen = {}
    for row in rows:
        if row.get("IsWon") not in (None, "") and row.get("IsClosed") not in (None, ""):
            flags = (str(row["IsClosed"]).lower() == "true", str(row["IsWon"]).lower() == "true")
            seen[str(row.get("StageName"))] = flags
    return seen


def _add_integration_user(org: Org, now: str) -> None:
    org.place(
        org.schema["User"],
        {
            "Id": INTEGRATION_USER,
            "FirstName": "Integration",
            "LastName": "User",
            "Username": "integration@example.com",
            "Email": "integration@example.com",
            "Alias": "integ",
            "IsActive": True,
            "UserType": "Standard",
            "CreatedById": INTEGRATION_USER,
            "LastModifiedById": INTEGRATION_USER,
            **dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), now),
        },
    )
