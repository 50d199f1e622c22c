"""The org's time and its API usage, as the headers of its answers tell them."""

from datetime import UTC, datetime

import pytest
import requests

from connectors.ports import Usage
from connectors.salesforce_headers import Answers

NOON = "Mon, 02 Nov 2026 12:00:00 GMT"


def answer(status: int = 200, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def test_the_time_runs_on_from_the_last_answer() -> None:
    seconds = [100.0]
    answers = Answers(lambda: seconds[0])
    assert answers.now() is None
    answers.hear(answer(Date=NOON))
    seconds[0] = 130.5
    assert answers.now() == datetime(2026, 11, 2, 12, 0, 30, 500_000, tzinfo=UTC)
    answers.hear(answer(Date="Mon, 02 Nov 2026 12:00:31 GMT"))
    assert answers.now() == datetime(2026, 11, 2, 12, 0, 31, tzinfo=UTC)


def test_time_never_runs_back_with_a_clock_that_does() -> None:
    seconds = [100.0]
    answers = Answers(lambda: seconds[0])
    answers.hear(answer(Date=NOON))
    seconds[0] = 50.0
    assert answers.now() == datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 02 Nov 2026 12:00:00 -0000", "Mon, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_cannot_be_read_tells_no_time(date: str) -> None:
    answers = Answers()
    answers.hear(answer(Date=date))
    assert answers.now() is None


def test_a_refusal_may_be_a_proxys_and_tells_no_time() -> None:
    answers = Answers()
    answers.hear(answer(502, Date=NOON))
    assert answers.now() is None


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", Usage(used=18, allowed=5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)", Usage(used=25, allowed=5000)),
        ("per-app-api-usage=17/250(appName=sample-app)", None),
        ("api-usage=many", None),
        ("", None),
    ],
)
def test_the_usage_is_the_orgs_and_not_one_apps(header: str, usage: Usage | None) -> None:
    answers = Answers()
    answers.hear(answer(Sforce_Limit_Info=header))
    assert answers.usage == usage


def test_an_answer_without_the_header_changes_nothing() -> None:
    answers = Answers()
    answers.hear(answer(403, Sforce_Limit_Info="api-usage=5000/5000"))
    answers.hear(answer())
    assert answers.usage == Usage(used=5000, allowed=5000)
