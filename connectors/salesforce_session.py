"""A log-in at Salesforce by client credentials, kept alive: one new log-in per call when the session has ended.

simple-salesforce's own log-in is not used: it hard-codes salesforce.com and may log in for ever (services.md 2, 4).
"""

import logging
import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from connectors.errors import AuthFailed, Transient, UnknownOutcome
from connectors.ports import Body
from connectors.retries import Retries
from connectors.salesforce_answers import LARGEST_PAGE
from connectors.salesforce_answers import CheckedClient as Client
from connectors.salesforce_errors import SERVICE, translated
from connectors.salesforce_headers import Answers
from connectors.shapes import OtherShapeError, an_object, read_json
from connectors.wire import Calls, broken_connection, host, http_session

T = TypeVar("T")

API_VERSION = "62.0"
_IDENTITY = re.compile(r"/id/(?P<org>[a-zA-Z0-9]{15,18})/(?P<user>[a-zA-Z0-9]{15,18})$")
_CREDENTIALS = "HANDOFF_SALESFORCE_CLIENT_ID and HANDOFF_SALESFORCE_CLIENT_SECRET"


class SalesforceSession:
    """Runs calls on a logged-in client; safe for many threads."""

    def __init__(
        self, login_url: str, client_id: str, client_secret: str, *, ca_file: str | None, threads: int, retries: Retries
    ) -> None:
        self._login_url = login_url.rstrip("/")
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._retries = retries
        self._calls = Calls()
        self.answers = Answers()
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._identity: re.Match[str] | None = None
        # simple-salesforce and urllib3 log URLs, and with them ids and conditions.
        logging.getLogger("simple_salesforce").setLevel(logging.WARNING)
        self._http = http_session(
            self._login_url, before=self._calls.add, threads=threads, ca_file=ca_file, most=LARGEST_PAGE
        )
        self._http.hooks["response"].append(self.answers.hear)

    @property
    def calls(self) -> int:
        """HTTP requests sent, log-ins included."""
        return self._calls.count

    @property
    def host(self) -> str:
        """Host of the log-in, for messages."""
        return host(self._login_url)

    def identity(self) -> tuple[str, str]:
        """Ids of the org and of the user we are; logs in when that has not happened yet."""
        if self._identity is None:
            self._retries.call(lambda: self._logged_in(None), repeatable=True)
        if self._identity is None:
            why = f"the log-in at {self.host} told no org. Check HANDOFF_SALESFORCE_LOGIN_URL."
            raise AuthFailed(why, service=SERVICE, code="no_identity")
        return self._identity["org"], self._identity["user"]

    def call(self, ask: Callable[[Client], T], sent: Any = None) -> T:
        """Do one call. All of ours may be repeated: they read, or write absolute values.

        `sent` is masked in what Salesforce says. Raises a ConnectorError.
        """
        return self._retries.call(lambda: self._once(ask, sent), repeatable=True)

    def _once(self, ask: Callable[[Client], T], sent: Any) -> T:
        client = self._client or self._logged_in(None)
        try:
            return self._translating(ask, client, sent)
        except SalesforceExpiredSession:
            client = self._logged_in(client)
        try:
            return self._translating(ask, client, sent)
        except SalesforceExpiredSession:
            why = f"{self.host} ends each session at once. Check the permissions of the user behind {_CREDENTIALS}."
            raise AuthFailed(why, service=SERVICE, status=401, code="INVALID_SESSION_ID") from None

    def _translating(self, ask: Callable[[Client], T], client: Client, sent: Any) -> T:
        try:
            return ask(client)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            raise translated(error, host=self.host, sent=sent) from None
        except OtherShapeError as error:
            raise self._not_salesforce(200, str(error)) from None
        except requests.RequestException as error:
            raise self._broken(error) from None

    def _logged_in(self, ended: Client | None) -> Client:
        """A client with a live session; when several threads meet an ended one, only the first logs in."""
        with self._lock:
            if self._client is None or self._client is ended:
                self._client = self._log_in()
            return self._client

    def _log_in(self) -> Client:
        form = {"grant_type": "client_credentials", **self._credentials}
        try:
            answer = self._http.post(f"{self._login_url}/services/oauth2/token", data=form)
        except requests.RequestException as error:
            raise self._broken(error) from None
        try:
            told = an_object(read_json(answer.content), "it")
        except OtherShapeError as error:
            raise self._not_salesforce(answer.status_code, str(error)) from None
        if answer.status_code == 429 or answer.status_code >= 500:
            why = f"{self.host} cannot log us in now (status {answer.status_code})."
            raise Transient(why, service=SERVICE, status=answer.status_code)
        if answer.status_code != 200:
            raise self._refused(answer.status_code, told)
        instance, token = told.get("instance_url"), told.get("access_token")
        if not isinstance(instance, str) or not isinstance(token, str):
            raise self._not_salesforce(answer.status_code, "it holds no session")
        self._identity = _IDENTITY.search(str(told.get("id", "")))
        return self._connected(instance, token)

    def _connected(self, instance: str, token: str) -> Client:
        if urlsplit(instance).scheme != "https":
            raise AuthFailed(f"{self.host} sends us to an instance without TLS.", service=SERVICE, code="no_tls")
        client = Client(
            session_id=token,
            instance_url=instance,
            version=API_VERSION,
            session=self._http,
            parse_float=Decimal,
            object_pairs_hook=dict,
        )
        del client.headers["X-PrettyPrint"]  # indented answers are half as large again
        return client

    def _refused(self, status: int, told: Body) -> AuthFailed:
        code = told.get("error")
        code = code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else "no reason given"
        why = (
            f"{self.host} refused the log-in ({code}). Check {_CREDENTIALS}, "
            "and that the connected app allows the client-credentials flow."
        )
        return AuthFailed(why, service=SERVICE, status=status, code=code)

    def _not_salesforce(self, status: int, why: str) -> UnknownOutcome:
        told = f"gave an answer that is not Salesforce's (status {status}): {why}. Check HANDOFF_SALESFORCE_LOGIN_URL."
        return UnknownOutcome(f"{self.host} {told}", service=SERVICE, status=status, code="not_json")

    def _broken(self, error: requests.RequestException) -> Exception:
        setting = "HANDOFF_SALESFORCE_LOGIN_URL (for a certificate: HANDOFF_SALESFORCE_CA_FILE)"
        return broken_connection(error, service=SERVICE, url=self._login_url, setting=setting)
