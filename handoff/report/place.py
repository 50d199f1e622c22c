"""Where a violation is fixed, in the words of whoever opens the CRM."""

from handoff.core.pack import Pack
from handoff.core.pack.fields import SourceMap
from handoff.core.violation import Violation
from mappings.salesforce import SOURCE, link

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


def link_to(
    violation: Violation, pack: Pack, source: str, *, org_url: str | None, deal_id: str, account_id: str | None
) -> str | None:
    """The address of the row in the CRM on which a violation is fixed, as far as we know the row: account or deal."""
    source_map = pack.fields.sources.get(source)
    if org_url is None or source_map is None or source != SOURCE:
        return None
    on_account = (_path(violation.field, source_map) or "").startswith("Account.")
    return link(org_url, account_id if on_account and account_id else deal_id)


def _path(field: str, source_map: SourceMap) -> str | None:
    if field.startswith("lines."):
        mapped = source_map.lines.fields.get(field.removeprefix("lines.")) if source_map.lines else None
    else:
        mapped = source_map.fields.get(field)
    return mapped.source if mapped else None
