"""Where a violation is fixed, in the words of whoever opens the CRM."""

from handoff.core.pack import Pack
from handoff.core.pack.fields import SourceMap
from handoff.core.violation import Violation

_SYSTEMS = {"salesforce": "Salesforce", "export": "the CRM"}


def where(violation: Violation, pack: Pack, source: str) -> str:
    """The pack's own sentence, else the field's place in the source: `BillingCountry of the Account in Salesforce`."""
    accountable = pack.owners.rules.get(violation.rule) or pack.owners.failures.get(violation.rule)
    if accountable and accountable.fix:
        return accountable.fix
    source_map = pack.fields.sources.get(source)
    if source_map is None or not violation.field:
        return ""
    system = _SYSTEMS.get(source, source)
    path = _path(violation.field, source_map)
    if path is None:
        return f"the deal in {system}"
    *parents, field = path.split(".")
    if violation.field.startswith("lines."):
        holder = (source_map.lines.object if source_map.lines else None) or "deal's line"
    else:
        holder = parents[-1].removesuffix("__r") if parents else source_map.object
    return f"{field} of the {holder} in {system}"


def _path(field: str, source_map: SourceMap) -> str | None:
    if field.startswith("lines."):
        mapped = source_map.lines.fields.get(field.removeprefix("lines.")) if source_map.lines else None
    else:
        mapped = source_map.fields.get(field)
    return mapped.source if mapped else None
