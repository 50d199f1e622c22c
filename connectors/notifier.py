"""Channels by which people hear of notices, through apprise. Their URLs are secrets: nothing here says them."""

import logging
import re
import threading
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.ports import Notifier
from handoff.core.bounded import bounded
from handoff.core.settings import Settings, channel_variable

SECONDS = 15.0
"""For one message by one channel, all in all."""
_PLACE = re.compile(r"\{(email|person)\}")
_ONE = {
    "email": re.compile(r"[^\s@,;:<>()\"\\\x00-\x1f]{1,64}@[^\s@,;:<>()\"\\\x00-\x1f]{1,190}"),
    "person": re.compile(r"[^\s,;\x00-\x1f]{1,254}"),
}
"""One reader: apprise makes several of what holds a comma or a space, and writes to the sender when there is none."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}")
_EXAMPLE = {"email": "ada@example.com", "person": "ada"}
_STATUS = re.compile(r"error=(\d{3})|\b(4\d\d|5\d\d) (?:Client|Server) Error")
_SAID: tuple[tuple[re.Pattern[str], type[ConnectorError], str], ...] = (
    (re.compile(r"certificate|ssl|starttls|tls", re.I), Transient, "no secure connection (TLS) could be made"),
    (re.compile(r"\(53[0458],|authentication|auth.* failed", re.I), AuthFailed, "it refused the log-in"),
    (re.compile(r"refused'?\)?$|errno 111", re.I), Transient, "the connection was refused"),
    (re.compile(r"name or service|name resolution|getaddrinfo|resolve", re.I), Transient, "its host is not known"),
    (re.compile(r"timed out|time-?out", re.I), UnknownOutcome, "it did not answer in time"),
    (re.compile(r"\((5\d\d),"), Refused, "it refused the message"),
)
"""What apprise logs of a failure -> what may be said of it: apprise's own words can hold addresses and tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The channels of the settings, in their order, and one sentence for each that is set up wrongly."""

    ready: tuple[Notifier, ...]
    wrong: tuple[str, ...] = ()


class AppriseNotifier:
    """One apprise URL, in which `{email}` and `{person}` stand for the reader. Raises ValueError for a URL that
    apprise does not understand."""

    def __init__(self, name: str, url: str, *, seconds: float = SECONDS) -> None:
        self.name = name
        self.takes_addresses = _PLACE.search(url) is not None
        self._url = url
        self._seconds = seconds
        if _plugin(_filled(url, _EXAMPLE)) is None:
            raise ValueError("apprise does not understand it")

    def __repr__(self) -> str:
        return f"AppriseNotifier({self.name!r})"

    def send(self, person: str, address: str, title: str, body: str) -> None:
        values = {"email": address, "person": person}
        if any(not _ONE[name].fullmatch(values[name]) for name in _PLACE.findall(self._url)):
            raise self._failed(Refused, "this person has no address that a message can be sent to")
        url = _filled(self._url, values)
        try:
            failure = bounded(lambda: _sent(url, title, body), self._seconds)
        except TimeoutError:
            raise self._failed(UnknownOutcome, f"it did not answer within {self._seconds:g} s") from None
        except Exception as error:
            raise self._failed(UnknownOutcome, f"its plug-in broke ({type(error).__name__})") from None
        if failure is not None:
            raise self._failed(*failure)

    def _failed(self, kind: type[ConnectorError], why: str) -> ConnectorError:
        return kind(f"{why}.", service=f"channel {self.name}")


def open_notifiers(settings: Settings, *, seconds: float = SECONDS) -> Channels:
    """The channels that HANDOFF_CHANNELS names. A wrong one is a sentence, and does not stand in the others' way."""
    ready: list[Notifier] = []
    wrong = []
    for name in settings.channels:
        variable, url = channel_variable(name), settings.channel_url(name)
        if url is None:
            wrong.append(f"{variable} is not set, though HANDOFF_CHANNELS names {name}: give it an apprise URL.")
            continue
        try:
            ready.append(AppriseNotifier(name, url.get_secret_value().strip(), seconds=seconds))
        except ValueError:
            wrong.append(
                f"{variable} is no URL that apprise understands ({_shape(url.get_secret_value())}): "
                "docs/how-to/notices.md has examples."
            )
    return Channels(ready=tuple(ready), wrong=tuple(wrong))


def _shape(url: str) -> str:
    """All that may be said of a URL: its scheme, if it has a plausible one."""
    try:
        scheme = urlsplit(url.strip()).scheme
    except ValueError:
        scheme = ""
    return f"it begins with {scheme}://" if "://" in url and _SCHEME.fullmatch(scheme) else "it has no scheme"


def _filled(url: str, values: dict[str, str]) -> str:
    """In one pass, so that what stands in a name is never read as a place again."""
    return _PLACE.sub(lambda found: quote(values[found.group(1)], safe=""), url)


def _plugin(url: str) -> Any | None:
    """apprise's plug-in for a URL, told to send plain text and to keep nothing on disk; None when there is none."""
    _ready()
    from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode  # noqa: PLC0415 - a third of a second

    asset = AppriseAsset(app_id="Handoff", secure_logging=True, storage_mode=PersistentStoreMode.MEMORY)
    plugin = Apprise.instantiate(url, asset=asset)
    if plugin is not None:
        plugin.notify_format = NotifyFormat.TEXT
    return plugin


def _sent(url: str, title: str, body: str) -> tuple[type[ConnectorError], str] | None:
    """Send; None when the channel took it, else what kind of failure it is and why."""
    from apprise import NotifyFormat, OverflowMode  # noqa: PLC0415 - loaded by now

    plugin = _plugin(url)
    if plugin is None:
        return Refused, "it cannot be addressed to this person"
    heard = _Heard(threading.get_ident())
    log = logging.getLogger("apprise")
    log.addHandler(heard)
    try:
        took = plugin.notify(
            body=body, title=title, body_format=NotifyFormat.TEXT, overflow=OverflowMode.TRUNCATE, attach=None
        )
    finally:
        log.removeHandler(heard)
    return None if took else _why(heard.texts)


def _why(texts: list[str]) -> tuple[type[ConnectorError], str]:
    for text in texts:
        if status := _STATUS.search(text):
            code = status.group(1) or status.group(2)
            return (AuthFailed if code in {"401", "403"} else Transient), f"it answered with status {code}"
    reasons = [text for text in texts if "Exception" in text] or texts
    for pattern, kind, why in _SAID:
        if any(pattern.search(text) for text in reasons):
            return kind, why
    return Transient, "it did not take the message"


class _Heard(logging.Handler):
    """What apprise logs in one thread."""

    def __init__(self, thread: int) -> None:
        super().__init__(logging.DEBUG)
        self._thread = thread
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.texts.append(record.getMessage())


@cache
def _ready() -> None:
    """apprise logs what it sends and where to, also to stderr: only `_Heard` may listen. Then load its plug-ins."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    log.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports imghdr, for a library that it may lack
        from apprise import Apprise  # noqa: PLC0415 - as below

        Apprise.instantiate("json://localhost")
