"""The fault plan: how it is read, whom it strikes and how often."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.__main__ import main
from sandbox.faults import KINDS, SERVICES, FaultError, Plan, parse, read_plan


def plan(*faults: dict[str, Any], seed: int = 0) -> Plan:
    return Plan(parse([{"service": "stripe", **fault} for fault in faults]), seed)


def met(of: Plan, method: str = "POST", path: str = "/v1/invoices", template: str | None = None) -> str | None:
    _, fault = of.meet(method, path, template or path)
    return fault.do if fault else None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("drop_after", "fault 1: it must be an object"),
        ({"do": "delay"}, "fault 1: service is missing"),
        ({"service": "stripe"}, "fault 1: do is missing"),
        ({"service": "jira", "do": "delay"}, "service must be salesforce or stripe or asana, not jira"),
        ({"service": [1], "do": "delay"}, "service must be"),
        ({"service": "stripe", "do": "explode"}, "explode is not one of delay, rate_limited"),
        ({"service": "stripe", "do": ["delay"]}, "is not one of delay"),
        ({"service": "stripe", "do": "delay", "frob": 1}, "frob is not one of service, do, method"),
        ({"service": "stripe", "do": "row_locked"}, "row_locked cannot happen at stripe, only at salesforce"),
        ({"service": "salesforce", "do": "list_lag"}, "list_lag cannot happen at salesforce, only at stripe and asana"),
        ({"service": "stripe", "do": "drop_after", "seconds": 5}, "drop_after takes no seconds"),
        ({"service": "stripe", "do": "html", "body": {}}, "html takes no body"),
        ({"service": "stripe", "do": "delay", "times": 0}, "times must be a whole number from 1 up, or null"),
        ({"service": "stripe", "do": "delay", "times": True}, "times must be"),
        ({"service": "stripe", "do": "delay", "skip": -1}, "skip must be a whole number from 0 up"),
        ({"service": "stripe", "do": "delay", "chance": 1.5}, "chance must be a number from 0 to 1"),
        ({"service": "stripe", "do": "delay", "seconds": "5"}, "seconds must be a number of seconds"),
        ({"service": "stripe", "do": "delay", "seconds": float("nan")}, "seconds must be a number of seconds"),
        ({"service": "stripe", "do": "delay", "path": ""}, "path must be a text"),
        ({"service": "stripe", "do": "delay", "method": 1}, "method must be a text, such as POST"),
        ({"service": "stripe", "do": "html", "status": 99}, "status must be an HTTP status from 200 to 599"),
        ({"service": "salesforce", "do": "row_failed", "rows": 0}, "rows must be a whole number from 1 up"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(fault: Any, said: str) -> None:
    with pytest.raises(FaultError) as raised:
        parse([fault])
    assert said in str(raised.value)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_the_number_of_the_wrong_fault_is_told() -> None:
    with pytest.raises(FaultError, match=r"^fault 2: "):
        parse([{"service": "stripe", "do": "delay"}, {"service": "stripe", "do": "nothing"}])


def test_a_service_lets_only_its_own_faults_be_ordered() -> None:
    assert parse([{"do": "delay"}], "asana")[0].service == "asana"
    with pytest.raises(FaultError, match="service must be asana, not stripe"):
        parse([{"service": "stripe", "do": "delay"}], "asana")


def test_every_kind_can_be_ordered_wherever_it_can_happen() -> None:
    for do, kind in KINDS.items():
        for service in kind.services:
            (fault,) = parse([{"service": service, "do": do}])
            assert (fault.do, fault.service, fault.times) == (do, service, 1)


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    once, thrice, ever = plan({"do": "html"}), plan({"do": "html", "times": 3}), plan({"do": "html", "times": None})
    for one, expected in ((once, 1), (thrice, 3), (ever, 9)):
        assert [met(one) for _ in range(9)].count("html") == expected
        assert one.struck == [expected]


def test_calls_are_spared_before_it_strikes() -> None:
    spared = plan({"do": "html", "skip": 2})
    assert [met(spared) for _ in range(4)] == [None, None, "html", None]


def test_it_strikes_what_method_and_path_say_with_ids_or_without() -> None:
    one = {"do": "html", "method": "post", "path": "/v1/invoices/{id}/*", "times": None}
    assert met(plan(one), "POST", "/v1/invoices/in_1/finalize", "/v1/invoices/{id}/finalize") == "html"
    assert met(plan(one), "GET", "/v1/invoices/in_1/finalize", "/v1/invoices/{id}/finalize") is None
    assert met(plan(one), "POST", "/v1/invoices") is None
    assert met(plan({**one, "path": "/v1/invoices/in_1"}), "POST", "/v1/invoices/in_1", "/v1/invoices/{id}") == "html"
    assert met(plan({**one, "path": "/v1/invoices/in_1"}), "POST", "/v1/invoices/in_2", "/v1/invoices/{id}") is None


@pytest.mark.parametrize(
    ("service", "do", "method", "path", "other"),
    [
        ("stripe", "cached_500", "POST", "/v1/invoices", ("GET", "/v1/invoices")),
        ("stripe", "list_lag", "GET", "/v1/invoices", ("POST", "/v1/invoices")),
        ("salesforce", "lost_locator", "GET", "/services/data/v62.0/query/{id}", ("GET", "/services/data/v62.0/query")),
        ("salesforce", "expired_token", "GET", "/services/data/v62.0/query", ("POST", "/services/oauth2/token")),
        ("salesforce", "daily_limit", "GET", "/services/data/v62.0/query", ("POST", "/services/oauth2/token")),
        (
            "salesforce",
            "row_locked",
            "PATCH",
            "/services/data/v62.0/composite/sobjects",
            ("GET", "/services/data/v62.0/query"),
        ),
        (
            "asana",
            "job_fails",
            "POST",
            "/api/1.0/project_templates/{id}/instantiateProject",
            ("POST", "/api/1.0/projects"),
        ),
    ],
)
def test_a_fault_of_certain_calls_passes_over_the_others(
    service: str, do: str, method: str, path: str, other: tuple[str, str]
) -> None:
    one = plan({"service": service, "do": do})
    assert met(one, *other) is None
    assert met(one, method, path) == do


def test_the_first_fault_that_strikes_counts_and_delays_add_up() -> None:
    one = plan({"do": "delay", "seconds": 1}, {"do": "delay", "seconds": 2}, {"do": "html"}, {"do": "drop_after"})
    wait, first = one.meet("GET", "/v1/invoices", "/v1/invoices")
    assert (wait, first and first.do) == (3, "html")
    assert met(one) == "drop_after"
    assert one.struck == [1, 1, 1, 1]


def test_chance_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    def strikes(seed: int) -> list[str | None]:
        one = plan({"do": "html", "chance": 0.3, "times": None}, seed=seed)
        return [met(one) for _ in range(200)]

    assert strikes(7) == strikes(7) != strikes(8)
    assert 30 < strikes(7).count("html") < 90


def test_a_plan_is_read_from_yaml_and_from_json(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("seed: 7\nfaults:\n- {service: asana, do: html, times: null}\n")
    (tmp_path / "plan.json").write_text('{"faults": [{"service": "asana", "do": "html", "times": null}]}')
    for name in ("plan.yaml", "plan.json"):
        plans = read_plan(tmp_path / name)
        assert [len(plans[service].faults) for service in SERVICES] == [0, 0, 1]
        assert plans["asana"].state()[0] | {"struck": 0} == plans["asana"].state()[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faults: [", "is neither JSON nor YAML"),
        ("", "a fault plan is an object with `faults`"),
        ("- 1", "a fault plan is an object with `faults`"),
        ("faults: {}", "faults must be a list"),
        ("faults: []\nfrob: 1", "frob is not one of faults, seed"),
        ("faults: []\nseed: x", "seed must be a whole number"),
        ("faults: [{service: stripe, do: x}]", "fault 1: x is not one of"),
        ("faults: [{service: stripe, do: delay, 1: 2}]", "fault 1: 1 is not one of"),
    ],
)
def test_a_broken_plan_ends_with_two_and_one_sentence(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    assert main(["--faults", str(file)]) == 2
    errors = capsys.readouterr().err
    assert str(file) in errors
    assert said in errors
    assert errors.count("\n") == 1


def test_a_plan_that_is_not_there_ends_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--faults", str(tmp_path / "none.yaml")]) == 2
    assert "name another file with --faults" in capsys.readouterr().err
