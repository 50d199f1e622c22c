"""Whether a Prefect server answers: asked every two seconds, over plain HTTP, without Prefect."""

import threading
import time

import requests

_EVERY_S = 2.0
_TIMEOUT_S = 2.0


def answers(api_url: str) -> bool:
    """Whether the server answers its health question now. Any answer counts but one that says it is broken."""
    try:
        return requests.get(f"{api_url.rstrip('/')}/health", timeout=_TIMEOUT_S).status_code < 500
    except requests.exceptions.SSLError:
        return True  # somebody is there; whether its certificate is right is Prefect's client's to say
    except requests.RequestException:
        return False


def answers_within(api_url: str, seconds: float) -> bool:
    """Whether it answers at least once in that time."""
    deadline = time.monotonic() + seconds
    while not answers(api_url):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.5)
    return True


class ServerWatch:
    """Asks in a thread of its own, so that a slow answer delays nobody."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._answered = time.monotonic()
        self._stopped = threading.Event()
        threading.Thread(target=self._ask, name="prefect server", daemon=True).start()

    def silent_for(self) -> float:
        """Seconds since its last answer."""
        return time.monotonic() - self._answered

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def _ask(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            if answers(self.url):
                self._answered = time.monotonic()
