"""Each fault of the wire, at each kind of call that a handoff makes: the same outcome as without it."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.retries import set_testing
from tests.integration.conftest import Begin

CALLS = {
    "salesforce": ["*/query/", "*/queryAll/", "*/describe", "*/composite/sobjects", "/services/oauth2/token"],
    "stripe": ["/v1/customers", "/v1/invoices", "/v1/invoices/{id}", "*/add_lines", "*/finalize"],
    "asana": ["*/projects", "*/users"],
}
EVERYWHERE: list[dict[str, Any]] = [
    {"do": "delay", "seconds": 0.05},
    {"do": "drop_before"},
    {"do": "drop_after"},
    {"do": "reset_mid_reply"},
    {"do": "truncated"},
    {"do": "slow_drip", "seconds": 0.05},
    {"do": "not_json"},
    {"do": "html", "status": 502},
    {"do": "other_shape"},
    {"do": "huge"},
    {"do": "wrong_type"},
    {"do": "error_500"},
]
SOMEWHERE: list[dict[str, Any]] = [
    {"do": "cached_500"},
    {"do": "lock_timeout"},
    {"do": "rate_limited", "seconds": 0},
]
"""Stripe alone knows them all."""
FAULTS = EVERYWHERE + SOMEWHERE


@pytest.fixture(autouse=True)
def _hasty() -> Iterator[None]:
    set_testing(True)
    yield
    set_testing(False)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault["do"] for fault in FAULTS])
def test_a_fault_of_the_wire_at_every_call_changes_nothing_of_what_is_delivered(begin: Begin, number: int):
    fault = FAULTS[number]
    story = begin(number)
    services = [*CALLS] if fault in EVERYWHERE else ["stripe"]
    for service in services:
        faults = [{**fault, "path": path, "times": 2} for path in CALLS[service]]
        story.sandbox.faults(service, *faults)
    for _ in range(8):
        if story.handoffs() and all(story.handoff(n).state == "delivered" for n in range(4)):
            break
        story.sync(threads=2)
    struck = {service: story.sandbox.struck(service) for service in services}
    for service in services:
        story.sandbox.faults(service)
    last = story.sync(threads=2)
    assert last.exit_code == 0
    assert all(counts[0] == 2 for counts in struck.values()), struck
    assert sum(struck["stripe"]) >= 8
    assert [story.handoff(n).state for n in range(4)] == ["delivered"] * 4
    assert [len(story.invoices(n)) for n in range(4)] == [1] * 4
    assert [len(story.projects(n)) for n in range(4)] == [1] * 4
    assert [story.shown(n)["Handoff_Status__c"] for n in range(4)] == ["Delivered"] * 4
    assert story.wrong() == []
