"""The heartbeat of a completed sync. A watchman who does not answer is one warning, and changes nothing else."""

import logging

from connectors.errors import ConnectorError
from handoff.core.bounded import bounded
from handoff.core.settings import Settings

SECONDS = 5.0
_log = logging.getLogger(__name__)


def tell_watchman(settings: Settings, *, seconds: float = SECONDS) -> None:
    """Ask for HANDOFF_HEARTBEAT_URL, if there is one, for at most so many seconds."""
    if settings.heartbeat_url is None:
        return
    from connectors.heartbeat import beat  # noqa: PLC0415 - only where there is a watchman

    url = settings.heartbeat_url.get_secret_value()
    try:
        bounded(lambda: beat(url, seconds=seconds), seconds + 1)
    except ConnectorError as error:
        _log.warning("HANDOFF_HEARTBEAT_URL: %s The sync itself is done.", error.message)
    except TimeoutError:
        _log.warning("HANDOFF_HEARTBEAT_URL: no answer within %g s. The sync itself is done.", seconds)
