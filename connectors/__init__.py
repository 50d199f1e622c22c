"""The only code that talks to the outside: one system, one file; plain dicts in and out."""
