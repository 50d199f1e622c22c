"""The fault plan: which calls go wrong, how and how often. Read from a file (`--faults`) or a `POST /_control`.

A plan is `{seed: 7, faults: [{service: stripe, method: POST, path: /v1/invoices, do: drop_after, times: 2}]}`.
What each `do` does stands in KINDS; `sandbox.striking` and the services do it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import orjson
import yaml

SERVICES = ("salesforce", "stripe", "asana")
FAULT, WAIT = "sandbox.fault", "sandbox.wait"
"""Where a call's ASGI scope carries the fault that the service itself has to commit, and the seconds it has to wait."""


class FaultError(ValueError):
    """A plan cannot be followed. The message is one sentence: which fault, what is wrong, what is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One `do`: who can do it, which options it takes, and the only calls (method, path pattern) it can strike."""

    services: tuple[str, ...] = SERVICES
    takes: tuple[str, ...] = ()
    only: tuple[str, str] = ("*", "*")


_ROWS = Kind(services=("salesforce",), takes=("rows",), only=("PATCH", "*/composite/sobjects"))
_REPLY = Kind(takes=("status",))

KINDS: Mapping[str, Kind] = {
    "delay": Kind(takes=("seconds",)),  # Stripe holds the idempotency key meanwhile
    "rate_limited": Kind(services=("stripe", "asana"), takes=("seconds",)),  # 429, Retry-After: seconds
    "lock_timeout": Kind(services=("stripe",)),  # 429, nothing done
    "error_500": Kind(),  # nothing done, nothing stored
    "cached_500": Kind(services=("stripe",), only=("POST", "*")),  # nothing done, stored under the key and replayed
    "drop_before": Kind(),  # nothing done, closed without a reply
    "drop_after": Kind(),  # done, closed without a reply
    "reset_mid_reply": Kind(),  # done, closed after half of the body
    "truncated": Kind(),  # done, half of the body under a length that fits
    "slow_drip": Kind(takes=("seconds",)),  # done, the body piece by piece over so many seconds
    "not_json": _REPLY,  # done, as are all the following
    "html": _REPLY,
    "other_shape": Kind(takes=("status", "body")),  # the JSON `body` in place of the reply's
    "huge": Kind(),  # the reply, made 10 MB long by spaces
    "wrong_type": _REPLY,  # the reply, said to be text/plain
    "expired_token": Kind(services=("salesforce",), only=("*", "/services/data/*")),
    "daily_limit": Kind(services=("salesforce",), only=("*", "/services/data/*")),
    "row_locked": _ROWS,
    "row_failed": _ROWS,
    "lost_locator": Kind(services=("salesforce",), only=("GET", "/services/data/*/query*/{id}")),
    "list_lag": Kind(services=("stripe", "asana"), takes=("seconds",), only=("GET", "*")),  # hides younger objects
    "job_fails": Kind(services=("asana",), only=("POST", "*/instantiateProject")),  # its project stays, empty
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One line of a plan. `times` None: always; `skip`: how many calls that it fits are spared first."""

    service: str
    do: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    chance: float = 1.0
    seconds: float = 5
    rows: int = 1
    status: int | None = None
    """HTTP status of a reply that is put in the place of the service's; None: the service's own."""
    body: Any = field(default_factory=lambda: {"unexpected": True})

    def fits(self, method: str, path: str, template: str) -> bool:
        """Whether it is meant for this call; `template` is the path with `{id}` for ids."""
        only_method, only_path = KINDS[self.do].only
        return (
            fnmatchcase(method, self.method)
            and fnmatchcase(method, only_method)
            and fnmatchcase(template, only_path)
            and (fnmatchcase(path, self.path) or fnmatchcase(template, self.path))
        )


NAMES = tuple(one.name for one in fields(Fault))
_OPTIONS = ("seconds", "rows", "status", "body")


class Plan:
    """The faults of one service, and how often each has struck."""

    def __init__(self, faults: list[Fault], seed: int = 0) -> None:
        self.faults = faults
        self.struck = [0] * len(faults)
        self._met = [0] * len(faults)
        self._chances = [Random(f"{seed}/{number}") for number in range(len(faults))]  # noqa: S311 - it hides no secret

    def meet(self, method: str, path: str, template: str) -> tuple[float, Fault | None]:
        """What befalls this call: the seconds of all delays that strike, and the first other fault that does."""
        wait = 0.0
        for number, fault in enumerate(self.faults):
            if not fault.fits(method, path, template) or not self._strikes(number, fault):
                continue
            if fault.do != "delay":
                return wait, fault
            wait += fault.seconds
        return wait, None

    def state(self) -> list[dict[str, Any]]:
        """Each fault as it was ordered, and `struck`."""
        return [
            {**{name: getattr(fault, name) for name in NAMES}, "struck": struck}
            for fault, struck in zip(self.faults, self.struck, strict=True)
        ]

    def _strikes(self, number: int, fault: Fault) -> bool:
        self._met[number] += 1
        if self._met[number] <= fault.skip or (fault.times is not None and self.struck[number] >= fault.times):
            return False
        if self._chances[number].random() >= fault.chance:
            return False
        self.struck[number] += 1
        return True


def read_plan(path: Path) -> dict[str, Plan]:
    """Service -> its plan, from a JSON or YAML file. Raises FaultError, which names the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise FaultError(f"The fault plan {path} cannot be read ({why}); name another file with --faults.") from None
    try:
        given = orjson.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise FaultError(f"{path} is neither JSON nor YAML: {' '.join(str(error).split())}.") from None
    try:
        return _by_service(given)
    except FaultError as error:
        raise FaultError(f"{path}: {error}") from None


def _by_service(given: Any) -> dict[str, Plan]:
    if not isinstance(given, dict) or "faults" not in given:
        raise FaultError("a fault plan is an object with `faults`, a list, and perhaps `seed`.")
    unknown = next((name for name in given if name not in {"faults", "seed"}), None)
    if unknown is not None:
        raise FaultError(f"{unknown} is not one of faults, seed.")
    faults, seed = parse(given["faults"]), parse_seed(given.get("seed", 0))
    return {name: Plan([fault for fault in faults if fault.service == name], seed) for name in SERVICES}


def parse_seed(given: Any) -> int:
    """The seed of the chances. Raises FaultError."""
    if not _whole(given):
        raise FaultError("seed must be a whole number.")
    seed: int = given
    return seed


def parse(given: Any, service: str | None = None) -> list[Fault]:
    """The faults of a list; `service` is whose they all must be, and what they need not name. Raises FaultError."""
    if not isinstance(given, list):
        raise FaultError("faults must be a list.")
    faults = []
    for number, one in enumerate(given, 1):
        try:
            faults.append(_fault(one, service))
        except FaultError as error:
            raise FaultError(f"fault {number}: {error}") from None
    return faults


def _fault(given: Any, service: str | None) -> Fault:
    if not isinstance(given, dict):
        raise FaultError("it must be an object.")
    stated = {"service": service, **given} if service else given
    unknown = next((name for name in stated if name not in NAMES), None)
    if unknown is not None:
        raise FaultError(f"{unknown} is not one of {', '.join(NAMES)}.")
    for name in ("service", "do"):
        if name not in stated:
            raise FaultError(f"{name} is missing.")
    _check_kind(stated, service)
    for name, value in stated.items():
        right, wanted = _WANTED[name]
        if not right(value):
            raise FaultError(f"{name} must be {wanted}.")
    return Fault(**{**stated, "method": stated.get("method", "*").upper()})


def _check_kind(stated: Mapping[str, Any], service: str | None) -> None:
    do, at = stated["do"], stated["service"]
    kind = KINDS.get(do) if isinstance(do, str) else None
    if at not in SERVICES or (service and at != service):
        raise FaultError(f"service must be {service or ' or '.join(SERVICES)}, not {at}.")
    if kind is None:
        raise FaultError(f"{do} is not one of {', '.join(KINDS)}.")
    if at not in kind.services:
        raise FaultError(f"{do} cannot happen at {at}, only at {' and '.join(kind.services)}.")
    odd = next((name for name in _OPTIONS if name in stated and name not in kind.takes), None)
    if odd is not None:
        raise FaultError(f"{do} takes no {odd}.")


def _whole(value: Any, least: int | None = None) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least)


def _number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_LONGEST_S = 86_400
_WANTED = {
    "service": (_text, "a text"),
    "do": (_text, "a text"),
    "method": (_text, "a text, such as POST"),
    "path": (_text, "a text, such as /v1/invoices or */{id}/finalize"),
    "times": (lambda value: value is None or _whole(value, 1), "a whole number from 1 up, or null for always"),
    "skip": (lambda value: _whole(value, 0), "a whole number from 0 up"),
    "chance": (lambda value: _number(value, 1), "a number from 0 to 1"),
    "seconds": (lambda value: _number(value, _LONGEST_S), f"a number of seconds from 0 to {_LONGEST_S}"),
    "rows": (lambda value: _whole(value, 1), "a whole number from 1 up"),
    "status": (lambda value: _whole(value, 200) and value <= 599, "an HTTP status from 200 to 599"),
    "body": (lambda _: True, "JSON"),
}
