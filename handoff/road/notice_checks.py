"""What `doctor` says of channels and messages: (all is well, what was found, what to do)."""

from collections.abc import Iterator

from connectors.notifier import open_notifiers
from handoff.core.clock import utc_now
from handoff.core.errors import HandoffError
from handoff.core.settings import Settings
from handoff.report.messages import banner
from handoff.report.wording import counted
from handoff.store import messages
from handoff.store.session import open_store

Check = tuple[bool, str, str]


def channel_checks(settings: Settings) -> Iterator[Check]:
    """The channels as they are set, without sending anything; then what has not arrived."""
    outbox, undelivered = _counted(settings)
    if not settings.channels:
        yield (
            True,
            f"no channel is set (HANDOFF_CHANNELS): {counted(outbox, 'notice')} wait, and owners hear nothing",
            "",
        )
    else:
        found = open_notifiers(settings)
        for sentence in found.wrong:
            yield False, sentence, "Correct the variable; the other channels go on without it."
        if found.ready:
            names = ", ".join(channel.name for channel in found.ready)
            yield True, f"tried in this order: {names}", ""
    if said := banner(undelivered):
        yield False, said, "Put a channel right, then: handoff notices send --again"


def _counted(settings: Settings) -> tuple[int, int]:
    """Notices in the outbox, and messages that reached nobody; none when the store does not open, which is said."""
    try:
        store = open_store(settings.store, settings.home)
    except HandoffError:
        return 0, 0
    try:
        with store.read() as tx:
            return messages.counts(tx)["outbox"], messages.undelivered(tx, utc_now())
    except HandoffError:
        return 0, 0
    finally:
        store.close()
