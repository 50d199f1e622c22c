"""The Asana SDK's client made safe: no bodies in URLs, time-outs, our rate, our errors, no retries of its own."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import asana
import urllib3
from asana.rest import ApiException
from requests.utils import get_environ_proxies, select_proxy

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.shapes import OtherShapeError, an_object, objects, read_json
from connectors.wire import CONNECT_SECONDS, READ_SECONDS, BoundedPool, broken_connection, host, retry_after, said

SERVICE = "Asana"


class AsanaClient(asana.ApiClient):  # type: ignore[misc]  # the SDK has no types
    """Every call of the SDK's API classes passes through `call_api`, and so through here.

    Its methods that take `opts={"body": ...}` would repeat the body in the query string; and its reading of answers
    would turn non-breaking spaces into plain ones, so that a name we look for would not be found.
    """

    def __init__(self, token: str, url: str, *, before: Callable[[], None], threads: int) -> None:
        self._before = before
        super().__init__(_configuration(token, url, threads))
        self.pool.close()  # threads for async calls, which we never make
        self.pool.join()
        self.rest_client.pool_manager = BoundedPool(self.rest_client.pool_manager)

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Any = None,
        query_params: Mapping[str, Any] | None = None,
        *headers: Any,
        **named: Any,
    ) -> Any:
        """Send one request and answer its JSON, whatever it is (None: no JSON); raises a ConnectorError."""
        query = {name: value for name, value in (query_params or {}).items() if name != "body"}
        named["_request_timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        url = self.configuration.host
        self._before()
        try:
            return super().call_api(resource_path, method, path_params, query, *headers, **named)
        except ApiException as error:
            if error.status:
                raise translated(error, url=url, sent=named.get("body")) from None
            raise _broken(error.__context__ or error, url) from None  # the SDK hides TLS errors behind its own
        except urllib3.exceptions.HTTPError as error:
            raise _broken(error, url) from None

    def deserialize(self, response: Any, response_type: Any) -> Any:
        """The JSON as it came; None when it is none."""
        try:
            return read_json(response.data)
        except OtherShapeError:
            return None


def translated(error: ApiException, *, url: str, sent: Any) -> ConnectorError:
    """The ConnectorError for an answer that is no success (services.md 58, 66-68)."""
    messages = _messages(error.body)
    if messages is None:
        return not_asana(url, error.status, "it is no error of Asana's")
    told = said("; ".join(messages), sent)
    kind, why = _meaning(error.status, url)
    why = why if error.status == 401 else f"{why}: {told}"
    return kind(why, service=SERVICE, status=error.status, retry_after=retry_after(error.headers))


def _meaning(status: int, url: str) -> tuple[type[ConnectorError], str]:
    """What the caller must do, and how the sentence begins."""
    if status == 429:
        return Transient, "asks us to wait"
    if status == 401:
        return AuthFailed, f"{host(url)} does not accept the token in HANDOFF_ASANA_TOKEN. Set a valid one."
    if status == 403:
        return AuthFailed, f"the token in HANDOFF_ASANA_TOKEN may not do this at {host(url)}"
    if status >= 500:
        return UnknownOutcome, f"failed (status {status})"
    return Refused, f"refused the request (status {status})"


def _broken(error: BaseException, url: str) -> ConnectorError:
    return broken_connection(error, service=SERVICE, url=url, setting="HANDOFF_ASANA_URL")


def not_asana(url: str, status: int, why: str) -> ConnectorError:
    """What an answer of another shape comes to: the request may have been done."""
    sentence = f"{host(url)} gave an answer that is not Asana's (status {status}): {why}. Check HANDOFF_ASANA_URL."
    return UnknownOutcome(sentence, service=SERVICE, status=status, code="not_json")


def _messages(body: Any) -> list[str] | None:
    """What Asana's error says; None when the body is not Asana's."""
    try:
        errors = objects(an_object(read_json(body), "it").get("errors"), "its errors")
    except OtherShapeError:
        return None
    return [str(error.get("message")) for error in errors]


def _configuration(token: str, url: str, threads: int) -> Any:
    configuration = asana.Configuration()
    for name in ("asana", "urllib3"):  # the SDK hangs stderr handlers on these, and logs whole answers at DEBUG
        logger = logging.getLogger(name)
        logger.removeHandler(configuration.logger_stream_handler)
        logger.setLevel(logging.ERROR)
    configuration.host = url.rstrip("/")
    configuration.access_token = token
    configuration.connection_pool_maxsize = threads
    configuration.return_page_iterator = False  # its iterator hides the calls of one page after another from a retry
    configuration.retry_strategy = False  # retries are ours: `connectors.retries`
    configuration.proxy = select_proxy(url, get_environ_proxies(url, no_proxy=None))
    return configuration
