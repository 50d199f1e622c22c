"""The only code that talks to the outside: one system, one file; plain dicts in and out."""

from connectors.opening import open_billing, open_salesforce, open_tracker

__all__ = ["open_billing", "open_salesforce", "open_tracker"]
