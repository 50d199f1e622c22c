"""A call goes wrong, and then the process dies at each boundary that follows: nothing lost, nothing twice."""

import pytest

from connectors.errors import ConnectorError, Transient, UnknownOutcome
from tests.proof.crashes import go_on, live
from tests.proof.one_deal import RESTART_S, Company

H = 3600.0
LOST = UnknownOutcome("the reply was lost", service="x")
BUSY = Transient("too many requests", service="x", status=429)
CACHED = UnknownOutcome("an error of its own, stored with the key", service="x", status=500, replayed=True)
AT_STRIPE = ("create_customer", "create_tax_id", "create_invoice", "add_lines", "finalize")
AT_ASANA = ("create_project", "create_section", "create_task")
FAULTS = [(when, error) for when, error in (("after", LOST), ("before", LOST), ("before", BUSY))]
CASES = [(call, when, error) for call in (*AT_STRIPE, *AT_ASANA) for when, error in FAULTS]
CASES += [(call, "before", CACHED) for call in AT_STRIPE]


@pytest.mark.slow
@pytest.mark.parametrize(("call", "when", "error"), CASES)
def test_a_call_that_goes_wrong_and_a_death_after_it_lose_and_double_nothing(
    company: Company, call: str, when: str, error: ConnectorError
):
    clean = live(company)
    expected = company.told()
    judged = clean.kept[clean.aftermath[clean.passed.index("after the commit in _judge_batch")]]
    company.put_back(judged)
    service = company.services.tracker if call in AT_ASANA else company.services.stripe["eu"]
    getattr(service, when)[call] = [error]
    tale = live(company)
    went_wrong = tale.passed.index(f"before {'asana' if call in AT_ASANA else 'stripe'}.{call}")
    for n in range(tale.aftermath[went_wrong], len(tale.kept)):
        company.put_back(tale.kept[n])
        where = f"{call} went wrong, died {tale.passed[tale.aftermath.index(n)]}"
        go_on(company, expected, where, after_s=RESTART_S if n % 2 else 25 * H)
        assert company.wrong() == [], where
