"""Dates: days of the calendar, in an order that makes sense, in the billing entity's own time."""

from datetime import timedelta

import polars as pl

from checks.context import Context
from checks.rule import Empty, rule
from handoff.core.deal import Theme

ELSEWHERE = "a day that must be filled is asked for by date_details_present"
EITHER = f"either day being empty passes; {ELSEWHERE}"
ISO = "a day of the calendar, such as 2026-11-24"


def _either_empty(context: Context, first: str, second: str) -> pl.Expr:
    return context.text(first).is_null() | context.text(second).is_null()


@rule(
    theme=Theme.DATES,
    field="closed_on",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=ISO,
    says="The close date {quoted} is not a day of the calendar.",
    subject="the close date",
    trouble="the close date is not a day of the calendar",
)
def close_date_readable(context: Context) -> pl.Expr:
    """The close date is a day of the calendar."""
    return context.day("closed_on").is_not_null()


@rule(
    theme=Theme.DATES,
    field="closed_on",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed="today, where the billing entity is, or earlier",
    says="The close date {seen} is still to come, so the deal cannot have been won.",
    subject="whether the close date is past",
    needs=("close_date_readable", "billing_entity_is_canonical"),
)
def close_date_not_in_future(context: Context) -> pl.Expr:
    """The close date is not after today's date where the billing entity is."""
    return context.day("closed_on") <= context.today()


@rule(
    theme=Theme.DATES,
    field="closed_on",
    empty=Empty.DEPENDS,
    why_empty=EITHER,
    allowed="the day on which the deal began, or later",
    says="The deal closed on {seen}, before it began on {engaged_on}.",
    subject="whether the deal closed after it began",
    needs=("close_date_readable",),
)
def close_date_not_before_engagement(context: Context) -> pl.Expr:
    """The deal did not close before it began."""
    in_order = context.day("engaged_on") <= context.day("closed_on")
    return _either_empty(context, "engaged_on", "closed_on") | in_order


@rule(
    theme=Theme.DATES,
    field="closed_on",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=lambda c: f"a day from {c.pack.policies.dates.earliest_close or 'any time'} on",
    says="The close date {seen} is longer ago than this company can have closed a deal ({allowed}).",
    subject="whether the close date is sane",
    needs=("close_date_readable",),
)
def close_date_not_too_early(context: Context) -> pl.Expr:
    """The close date is not earlier than the company can have closed a deal."""
    earliest = context.pack.policies.dates.earliest_close
    day = context.day("closed_on")
    return day >= earliest if earliest else day.is_not_null()


@rule(
    theme=Theme.DATES,
    field="closed_on",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=lambda c: f"a day after {c.pack.policies.dates.invoice_cut_off or 'no cut-off'}",
    says="The close date {seen} lies in an accounting period that is closed ({allowed} can be invoiced).",
    subject="whether the accounting period is open",
    needs=("close_date_readable",),
)
def close_date_after_cut_off(context: Context) -> pl.Expr:
    """The deal closed after the last accounting period that finance has closed."""
    cut_off = context.pack.policies.dates.invoice_cut_off
    day = context.day("closed_on")
    return day > cut_off if cut_off else day.is_not_null()


@rule(
    theme=Theme.DATES,
    field="kickoff_on",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=ISO,
    says="The kick-off date {quoted} is not a day of the calendar.",
    subject="the kick-off date",
    trouble="the kick-off date is not a day of the calendar",
)
def kickoff_date_readable(context: Context) -> pl.Expr:
    """The kick-off date is a day of the calendar."""
    return context.day("kickoff_on").is_not_null()


@rule(
    theme=Theme.DATES,
    field="kickoff_on",
    empty=Empty.DEPENDS,
    why_empty=EITHER,
    allowed="the close date or later",
    says="The kick-off is on {seen}, before the deal closed on {closed_on}.",
    subject="whether the kick-off comes after the close",
    needs=("kickoff_date_readable", "close_date_readable"),
)
def kickoff_not_before_close(context: Context) -> pl.Expr:
    """The project does not start before the deal closed."""
    in_order = context.day("closed_on") <= context.day("kickoff_on")
    return _either_empty(context, "closed_on", "kickoff_on") | in_order


@rule(
    theme=Theme.DATES,
    field="kickoff_on",
    empty=Empty.DEPENDS,
    why_empty=EITHER,
    allowed=lambda c: f"within {c.pack.policies.dates.kickoff_within_days or 'any number of'} days of the close",
    says="The kick-off on {seen} is too long after the close on {closed_on} ({allowed}).",
    subject="whether the kick-off is near enough",
    needs=("kickoff_date_readable", "close_date_readable"),
)
def kickoff_within_horizon(context: Context) -> pl.Expr:
    """The project starts within the time that the company plans ahead."""
    days = context.pack.policies.dates.kickoff_within_days
    closed, kickoff = context.day("closed_on"), context.day("kickoff_on")
    near = kickoff - closed <= timedelta(days=days) if days is not None else (kickoff - closed).is_not_null()
    return _either_empty(context, "closed_on", "kickoff_on") | near


@rule(
    theme=Theme.DATES,
    field="service_from",
    empty=Empty.DEPENDS,
    why_empty=f"{EITHER}; what is filled must be a day",
    allowed="a first day that is not after the last day",
    says="The service cannot run from {service_from} until {service_until}.",
    says_empty="The last day of the service, {service_until}, is not a day of the calendar.",
)
def service_period_in_order(context: Context) -> pl.Expr:
    """The service's first day is not after its last, and both are days of the calendar."""
    first, last = context.day("service_from"), context.day("service_until")
    readable = (context.text("service_from").is_null() | first.is_not_null()) & (
        context.text("service_until").is_null() | last.is_not_null()
    )
    return readable & (_either_empty(context, "service_from", "service_until") | (first <= last))
