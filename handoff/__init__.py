"""Handoff: a closed-won deal ends delivered, or held with a name on it."""
