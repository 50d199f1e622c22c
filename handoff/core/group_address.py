"""Tells a person from a group: finance@, the team, no-reply@ answer for nothing."""

import re

_DEPARTMENTS = """accounting accounts admin ap ar billing business contact customer customers deal desk dev engineering
    enquiries finance hello help helpdesk hr info invoices it legal mail marketing office operations ops order orders
    partner partners payroll people procurement project projects revenue revops sales salesops security service services
    success support tax the training treasury"""
_GROUPS = """all committee department departments dept distribution dl everyone group groups inbox list mailbox
    noreply donotreply squad staff team teams"""
_ALL_OF_THEM, _ANY_OF_THEM = frozenset(_DEPARTMENTS.split()), frozenset(_GROUPS.split())
"""A name made of the first alone, or with one of the second, stands for several people."""
_WORD = re.compile(r"[^\W\d_]+")


def is_group(name: str, email: str) -> bool:
    """Whether a name or an address stands for several people, or for nobody."""
    words = [word.lower() for word in _WORD.findall(name)]
    local = email.partition("@")[0].lower().partition("+")[0]
    parts = _WORD.findall(local)
    return any(
        known and (_ANY_OF_THEM & {*known, "".join(known)} or _ALL_OF_THEM.issuperset(known))
        for known in (words, parts)
    )
