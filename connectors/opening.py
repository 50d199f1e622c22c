"""Connectors from settings; each missing setting is named. Imports an SDK only when its service is opened."""

from pydantic import SecretStr

from connectors.ports import Billing, DealSource, Tracker
from handoff.core.errors import UsageError
from handoff.core.settings import Settings

LIVE_RATE, TEST_RATE = 100.0, 25.0
"""Requests a second that Stripe allows one account (services.md 9)."""


def open_salesforce(settings: Settings) -> DealSource:
    """The org that the settings name; raises UsageError for a missing setting. Logs in with the first call."""
    url = _given(settings.salesforce_login_url, "HANDOFF_SALESFORCE_LOGIN_URL", "the address of your org's log-in")
    client_id = _given(
        settings.salesforce_client_id, "HANDOFF_SALESFORCE_CLIENT_ID", "the connected app's consumer key"
    )
    what = "the connected app's consumer secret"
    secret = _given(_open(settings.salesforce_client_secret), "HANDOFF_SALESFORCE_CLIENT_SECRET", what)
    ca_file = settings.salesforce_ca_file
    if ca_file and not ca_file.is_file():
        raise UsageError(f"HANDOFF_SALESFORCE_CA_FILE names {ca_file}, which is no file. Correct or remove it.")
    _checked_url(url, "HANDOFF_SALESFORCE_LOGIN_URL")
    from connectors.salesforce import Salesforce  # noqa: PLC0415 - half a second that other commands need not wait

    ca = str(ca_file) if ca_file else None
    return Salesforce(url, client_id, secret, ca_file=ca, threads=settings.threads)


def open_billing(settings: Settings, stripe_account_name: str = "default") -> Billing:
    """The Stripe account that a pack calls so; raises UsageError for a missing or wrong key."""
    name = "HANDOFF_STRIPE_KEY"
    if stripe_account_name != "default":
        name = f"{name}_{stripe_account_name.upper()}"
    what = f"a secret or restricted key of the Stripe account {stripe_account_name}"
    key = _given(_open(settings.stripe_key_for(stripe_account_name)), name, what)
    _checked_url(settings.stripe_url, "HANDOFF_STRIPE_URL")
    from connectors.rates import TokenBucket  # noqa: PLC0415 - as above
    from connectors.stripe_billing import StripeBilling, is_live  # noqa: PLC0415 - as above

    rate = settings.stripe_rate or (LIVE_RATE if is_live(key) else TEST_RATE)
    bucket = TokenBucket(rate, service="Stripe")
    return StripeBilling(key, settings.stripe_url, bucket, account=stripe_account_name, threads=settings.threads)


def open_tracker(settings: Settings) -> Tracker:
    """The Asana workspace that the settings name; raises UsageError for a missing setting."""
    token = _given(_open(settings.asana_token), "HANDOFF_ASANA_TOKEN", "an access token of a service account")
    workspace = _given(settings.asana_workspace, "HANDOFF_ASANA_WORKSPACE", "the gid of the workspace")
    _checked_url(settings.asana_url, "HANDOFF_ASANA_URL")
    from connectors.asana_tracker import AsanaTracker  # noqa: PLC0415 - as above
    from connectors.rates import TokenBucket  # noqa: PLC0415 - as above

    bucket = TokenBucket(settings.asana_rate / 60, service="Asana")
    return AsanaTracker(token, settings.asana_url, bucket, workspace=workspace, threads=settings.threads)


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _given(value: str | None, name: str, what: str) -> str:
    if not value or not value.strip():
        raise UsageError(f"{name} is not set: it must hold {what}. Set it in the environment or in .env.")
    return value.strip()


def _checked_url(url: str, name: str) -> None:
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{name} must be an address that begins with https://")
