"""What all requests share: settings, store, clock, the address by which people come, and the pack as it is now."""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from handoff.core.clock import Clock
from handoff.core.errors import PackError, UsageError
from handoff.core.label_decision import LabelDecision
from handoff.core.pack import Pack
from handoff.core.settings import LOOPBACK, Settings
from handoff.report.sentences import rule_sentences
from handoff.review.oidc import Provider
from handoff.review.shield import host_of
from handoff.road.house import House
from handoff.road.packs import find_pack, pack_folder
from handoff.store import label_decisions
from handoff.store.session import Store

_log = logging.getLogger(__name__)

_Files = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file of a pack."""


@dataclass
class Site:
    """One running page. `address`: scheme, host and port by which browsers come, without a slash at its end."""

    settings: Settings
    store: Store
    address: str
    clock: Clock = field(default_factory=Clock)
    broken: str | None = None
    """Why the pack's files cannot be read since they were changed; the pack before that still holds here."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: tuple[_Files, tuple[LabelDecision, ...], Pack] | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.address.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port, as a browser names them."""
        return host_of(self.address)

    @property
    def on_loopback(self) -> bool:
        return urlsplit(self.address).hostname in LOOPBACK

    @property
    def signs_in(self) -> bool:
        """Whether people sign in by OIDC; else they choose who they are, where that harms nobody."""
        return self.settings.oidc_issuer is not None

    @cached_property
    def sentences(self) -> Mapping[str, str]:
        """Rule or failure -> what owners read."""
        return rule_sentences()

    @cached_property
    def provider(self) -> Provider:
        """Where people sign in. Raises UsageError where that is not set up."""
        settings = self.settings
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            raise UsageError(
                "Nobody signs in here by a provider: HANDOFF_OIDC_ISSUER and HANDOFF_OIDC_CLIENT_ID are not set."
            )
        secret = settings.oidc_client_secret
        return Provider(issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, secret=secret)

    def pack(self) -> Pack:
        """The pack as its files and the label decisions say it now: whoever is taken out of it is out at once.

        While its files cannot be read, the last one that could holds, and `broken` says why. Raises PackError when
        there never was one.
        """
        with self.store.read() as tx:
            decided = label_decisions.in_use(tx)
        with self._lock:
            files = self._files()
            if self._read is None or (files, decided) != self._read[:2]:
                self._load(files, decided)
            if self._read is None:
                raise AssertionError("a pack that was never read raises")
            return self._read[2]

    def house(self, actor: str, pack: Pack) -> House:
        """The house in which somebody acts; its ports are never opened here."""
        return House(settings=self.settings, pack=pack, store=self.store, actor=actor, clock=self.clock)

    def _load(self, files: _Files, decided: tuple[LabelDecision, ...]) -> None:
        try:
            self._read = files, decided, find_pack(self.settings.pack, decided)
            self.broken = None
        except (PackError, OSError) as error:
            if self._read is None:
                raise
            self.broken = str(error)
            self._read = files, decided, self._read[2]
            _log.warning("the pack cannot be read since it was changed: the one before holds on the page")

    def _files(self) -> _Files:
        folder = pack_folder(self.settings.pack)
        found = []
        for file in sorted(folder.glob("*.yaml")):
            with suppress(FileNotFoundError):  # an editor puts its new file in place just now
                stat = file.stat()
                found.append((file.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)
