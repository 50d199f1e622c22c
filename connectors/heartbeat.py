"""The heartbeat: one GET that tells a watchman elsewhere that a sync has been completed. Its address is a secret."""

import requests
import urllib3

from connectors.errors import Transient
from connectors.wire import host, http_session

SECONDS = 5.0
_LARGEST = 2**16


def beat(url: str, *, seconds: float = SECONDS) -> None:
    """Ask for the URL, follow no redirects; Transient when it is not answered with a 2xx within its time."""
    session = http_session(url, before=lambda: None, threads=1, most=_LARGEST, seconds=seconds)
    try:
        answer = session.get(url, allow_redirects=False)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Transient(f"{host(url)} did not answer ({type(error).__name__}).", service="heartbeat") from None
    finally:
        session.close()
    if not answer.ok or answer.is_redirect:
        raise Transient(f"{host(url)} answered with status {answer.status_code}.", service="heartbeat")
