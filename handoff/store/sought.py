"""What a queue finds, orders and adds up entries by: facts of the deal, kept beside the entry and always the same.

Read from the handoff instead, a sum over a hundred thousand entries takes half a second; here an index has it all.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from handoff.store.tables import UNREADABLE, entry, handoff

LONGEST = 255
"""Characters of a name by which it is found and ordered; as many as Salesforce lets an account's have."""


def folded(text: str | None) -> str:
    """A text as it is compared: in any letters, wide or narrow, large or small, with accents or without, one form."""
    plain = unicodedata.normalize("NFKC", (text or "")[:LONGEST]).casefold()
    plain = plain if plain.isascii() else _without_accents(plain)
    return " ".join(plain.replace("\x00", " ").split())[:LONGEST]


def _without_accents(text: str) -> str:
    """The text with its Latin letters bare. In other scripts such marks tell letters apart, and stay."""
    kept, latin = [], False
    for sign in unicodedata.normalize("NFKD", text):
        if not unicodedata.combining(sign):
            latin = unicodedata.name(sign, "").startswith("LATIN ")
        elif latin:
            continue
        kept.append(sign)
    return unicodedata.normalize("NFKC", "".join(kept))


_COPIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "account_name": ("sought_account", folded),
    "deal_name": ("sought_deal", folded),
    "currency": ("sought_currency", lambda currency: currency or ""),
    "amount_minor": ("sought_minor", lambda minor: UNREADABLE if minor is None else minor),
}
COLUMNS = tuple(column for column, _ in _COPIES.values())


def copies(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's columns, from those of its handoff, as far as they are given."""
    return {column: made(facts[name]) for name, (column, made) in _COPIES.items() if name in facts}


def of_handoff(tx: sa.Connection, handoff_id: int) -> dict[str, Any]:
    """The columns of an entry that is being opened."""
    query = sa.select(*(handoff.c[name] for name in _COPIES)).where(handoff.c.id == handoff_id)
    return copies(dict(tx.execute(query).mappings().one()))


def follow(tx: sa.Connection, handoff_id: int, changed: Mapping[str, Any]) -> None:
    """Have the entry of a handoff, if there is one, follow what is written of its deal."""
    if found := copies(changed):
        tx.execute(sa.update(entry).where(entry.c.handoff_id == handoff_id).values(**found))
