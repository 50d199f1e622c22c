"""Every operation the sandbox offers: method and path, the typed parameters it takes, the function that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe import params as typed

from sandbox.stripe import account, credit_notes, customers, invoices, lines, tax_ids, tax_rates, transitions
from sandbox.stripe.account import Call, Json
from sandbox.stripe.totals import freshen_drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`typed`: the TypedDict of stripe.params with the parameters that this operation takes."""

    typed: Any
    run: Callable[[Call], Json]


def _op(typed_params: Any, run: Callable[[Call], Json]) -> Operation:
    return Operation(typed=typed_params, run=run)


def _then_freshen(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
    def changed(call: Call) -> Json:
        answer = run(call)
        freshen_drafts(call.account, call.ids["customer"])
        return answer

    return changed


OPERATIONS: dict[str, dict[str, Operation]] = {
    "/v1/account": {"GET": _op(typed.AccountRetrieveCurrentParams, account.retrieve_account)},
    "/v1/customers": {
        "GET": _op(typed.CustomerListParams, customers.list_all),
        "POST": _op(typed.CustomerCreateParams, customers.create),
    },
    "/v1/customers/{customer}": {
        "GET": _op(typed.CustomerRetrieveParams, customers.retrieve),
        "POST": _op(typed.CustomerUpdateParams, customers.updating(freshen_drafts)),
        "DELETE": _op(typed.CustomerDeleteParams, customers.delete),
    },
    "/v1/customers/{customer}/tax_ids": {
        "GET": _op(typed.CustomerListTaxIdsParams, tax_ids.list_all),
        "POST": _op(typed.CustomerCreateTaxIdParams, _then_freshen(tax_ids.create)),
    },
    "/v1/customers/{customer}/tax_ids/{id}": {
        "GET": _op(typed.CustomerRetrieveTaxIdParams, tax_ids.retrieve),
        "DELETE": _op(typed.CustomerDeleteTaxIdParams, _then_freshen(tax_ids.delete)),
    },
    "/v1/tax_rates": {"GET": _op(typed.TaxRateListParams, tax_rates.list_all)},
    "/v1/tax_rates/{id}": {"GET": _op(typed.TaxRateRetrieveParams, tax_rates.retrieve)},
    "/v1/invoices": {
        "GET": _op(typed.InvoiceListParams, invoices.list_all),
        "POST": _op(typed.InvoiceCreateParams, invoices.create),
    },
    "/v1/invoices/{invoice}": {
        "GET": _op(typed.InvoiceRetrieveParams, invoices.retrieve),
        "POST": _op(typed.InvoiceUpdateParams, invoices.update),
        "DELETE": _op(typed.InvoiceDeleteParams, transitions.delete),
    },
    "/v1/invoices/{invoice}/lines": {"GET": _op(typed.InvoiceListLinesParams, lines.list_all)},
    "/v1/invoices/{invoice}/add_lines": {"POST": _op(typed.InvoiceAddLinesParams, lines.add)},
    "/v1/invoices/{invoice}/finalize": {"POST": _op(typed.InvoiceFinalizeInvoiceParams, transitions.finalize)},
    "/v1/invoices/{invoice}/send": {"POST": _op(typed.InvoiceSendInvoiceParams, transitions.send)},
    "/v1/invoices/{invoice}/pay": {"POST": _op(typed.InvoicePayParams, transitions.pay)},
    "/v1/invoices/{invoice}/void": {"POST": _op(typed.InvoiceVoidInvoiceParams, transitions.void)},
    "/v1/credit_notes": {"POST": _op(typed.CreditNoteCreateParams, credit_notes.create)},
}
NOT_OFFERED = ("/v1/customers/search", "/v1/invoices/search")
"""Paths that would be taken for an object's; Search lags at Stripe and is not offered here."""
