"""A stand-in for Stripe's API, version 2026-10-28.endive: customers, tax ids, tax rates and invoices."""
