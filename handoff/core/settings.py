"""Settings from HANDOFF_* variables or a .env file; secrets never print."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from handoff.core.errors import UsageError


class Settings(BaseSettings):
    """Where things are, and how fast to go. Rates are requests a second (Stripe) and a minute (Asana)."""

    model_config = SettingsConfigDict(env_prefix="HANDOFF_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Path(".handoff")
    """The folder of the run lock, the traces and, unless another store is named, the store."""
    pack: Path | None = None
    """The folder of the pack."""
    store_url: str | None = None
    """The store as an SQLAlchemy URL; without it SQLite in HANDOFF_HOME."""

    salesforce_login_url: str | None = None
    """The org's own address, such as https://YOUR-DOMAIN.my.salesforce.com."""
    salesforce_client_id: str | None = None
    """Of a connected app with the client-credentials flow."""
    salesforce_client_secret: SecretStr | None = None
    """Of the same app."""
    salesforce_ca_file: Path | None = None
    """Certificate authority, PEM, where a proxy or a stand-in has one of its own."""

    stripe_url: str = "https://api.stripe.com"
    """Another address than Stripe's is only for stand-ins."""
    stripe_key: SecretStr | None = None
    """Secret or restricted key of the Stripe account `default`."""
    stripe_rate: float | None = Field(default=None, gt=0)
    """None: as the vendor counts, 100/s with a live key and 25/s with a test key."""

    asana_url: str = "https://app.asana.com/api/1.0"
    """Another address than Asana's is only for stand-ins."""
    asana_token: SecretStr | None = None
    """Token of a service account."""
    asana_workspace: str | None = None
    """The gid of the workspace."""
    asana_team: str | None = None
    """The gid of the team that owns the projects, unless project.yaml names one."""
    asana_rate: float = Field(default=150, gt=0)
    """150 a minute on free plans, 1,500 on paid ones."""

    overlap_minutes: int = Field(default=15, ge=0, le=24 * 60)
    """How far before the watermark a pull begins."""
    settle_seconds: float = Field(default=60, ge=0)
    """How long the tracker may hide a new project from a list (RR6)."""
    threads: int = Field(default=16, ge=1, le=64)
    """How many deals are carried at once."""

    channels: Annotated[tuple[str, ...], NoDecode] = ()
    """Names of the channels by which owners hear of notices, in the order in which they are tried: `email,slack`."""
    heartbeat_url: SecretStr | None = None
    """Asked for after each completed sync, for a watchman who alarms when it is not; often a secret."""
    deadman_minutes: int = Field(default=10, ge=1)
    """Without a completed sync for so long, the integration's owner hears of it."""
    deadman_sweep_hours: int = Field(default=50, ge=1)
    """The same without a completed sweep."""

    report_days: int = Field(default=90, ge=1, le=36_500)
    """Published reports of more days ago are deleted when the next one is published."""

    review_url: str | None = None
    """Where people open the review page, such as https://handoff.example.com: for links in messages, and to check by
    which address a browser asks."""
    oidc_issuer: str | None = None
    """The address of your sign-in provider; without one the page serves this machine alone."""
    oidc_client_id: str | None = None
    """As the provider knows the review page."""
    oidc_client_secret: SecretStr | None = None
    """The secret that goes with it."""

    @field_validator("home", "pack", "salesforce_ca_file")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None

    @field_validator("channels", mode="before")
    @classmethod
    def _names(cls, names: Any) -> Any:
        found = (
            tuple(name.strip().lower() for name in names.split(",") if name.strip())
            if isinstance(names, str)
            else names
        )
        if wrong := [name for name in found if not _CHANNEL.fullmatch(name)]:
            raise ValueError(f"{wrong[0][:40]!r} is no name of a channel: letters, digits and _, such as email,slack")
        return tuple(dict.fromkeys(found))

    @field_validator("heartbeat_url")
    @classmethod
    def _safe(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value()) if url else None
        if parts and not (parts.hostname and (parts.scheme == "https" or parts.hostname in LOOPBACK)):
            raise ValueError("it must begin with https://, or be an address of this machine")
        return url

    @field_validator("review_url", "oidc_issuer")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        parts = urlsplit(url) if url else None
        if parts is None:
            return None
        if not parts.hostname or parts.query or parts.fragment or parts.username or "@" in parts.netloc:
            raise ValueError("it is no address such as https://handoff.example.com")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("it must begin with https://, or be an address of this machine")
        return parts.geturl().rstrip("/")

    @property
    def services_are_local(self) -> bool:
        """Whether CRM, billing and tracker are all on this machine: a sandbox, with which nobody is harmed."""
        urls = (self.salesforce_login_url, self.stripe_url, self.asana_url)
        return all(url and urlsplit(url).hostname in LOOPBACK for url in urls)

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raise UsageError that names every wrong setting."""
        try:
            return cls()
        except ValidationError as error:
            wrong = "; ".join(f"HANDOFF_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
            raise UsageError(f"Settings are wrong: {wrong}. Correct the variable or the .env file.") from None

    @property
    def store(self) -> str:
        """The store's SQLAlchemy URL; by default SQLite in HANDOFF_HOME."""
        return self.store_url or f"sqlite:///{self.home / 'handoff.db'}"

    def stripe_key_for(self, account: str) -> SecretStr | None:
        """The key of a pack's Stripe account: HANDOFF_STRIPE_KEY_<ACCOUNT>, and for `default` HANDOFF_STRIPE_KEY."""
        if account == "default":
            return self.stripe_key
        name = f"HANDOFF_STRIPE_KEY_{account.upper()}"
        found = os.environ.get(name) or _dotenv().get(name)
        return SecretStr(found) if found else None

    def channel_url(self, name: str) -> SecretStr | None:
        """The apprise URL of a channel, HANDOFF_CHANNEL_<NAME>: a secret as a whole."""
        variable = channel_variable(name)
        found = os.environ.get(variable) or _dotenv().get(variable)
        return SecretStr(found) if found else None


def channel_variable(name: str) -> str:
    """The environment variable that holds a channel's URL."""
    return f"HANDOFF_CHANNEL_{name.upper()}"


_CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine."""


def _dotenv() -> dict[str, str]:
    """The .env file as pydantic-settings reads it, for names that depend on the pack or another setting."""
    from dotenv import dotenv_values  # noqa: PLC0415 - only for further accounts and channels

    return {k: v for k, v in dotenv_values(".env").items() if v}
