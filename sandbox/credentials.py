"""The credentials that the stand-ins accept, all others being refused, and the Asana workspace and team."""

SALESFORCE_CLIENT_ID = "sandbox-client-id"
SALESFORCE_CLIENT_SECRET = "sandbox-client-secret"

STRIPE_KEY_PREFIX = "sk_test_handoff_"
"""Every key that starts so is a Stripe account of its own."""
STRIPE_KEYS = {"": "sk_test_handoff_default", "_EU": "sk_test_handoff_eu", "_UK": "sk_test_handoff_uk"}
"""Suffix of HANDOFF_STRIPE_KEY -> the key printed for it."""

ASANA_TOKEN = "2/1200000000000101/1209000000000001:sandbox"
ASANA_WORKSPACE = "1200000000000001"
ASANA_TEAM = "1200000000000002"
