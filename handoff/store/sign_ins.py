"""Who is signed in at the review page. Only hashes of their tokens are kept: who reads the store cannot come in."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.store.desk_tables import sign_in


def hashed(token: str) -> str:
    """What is kept of a token: it has 256 random bits, so that a plain hash suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(tx: sa.Connection, token: str, *, person: str, email: str, at: datetime) -> None:
    """Somebody came in."""
    values = {"token_hash": hashed(token), "person": person, "email": email, "at": at, "seen_at": at}
    tx.execute(sa.insert(sign_in).values(**values))


def of(tx: sa.Connection, token: str) -> sa.Row[Any] | None:
    """Whose token it is; None for one that is unknown or ended."""
    query = sa.select(sign_in).where(sign_in.c.token_hash == hashed(token), sign_in.c.ended_at.is_(None))
    return tx.execute(query).one_or_none()


def seen(tx: sa.Connection, token: str, at: datetime) -> None:
    """They are still there."""
    tx.execute(sa.update(sign_in).where(sign_in.c.token_hash == hashed(token)).values(seen_at=at))


def end(tx: sa.Connection, token: str, at: datetime) -> None:
    """They went; the token is worth nothing any more."""
    own = (sign_in.c.token_hash == hashed(token), sign_in.c.ended_at.is_(None))
    tx.execute(sa.update(sign_in).where(*own).values(ended_at=at))


def spend(tx: sa.Connection, state: str, at: datetime) -> bool:
    """Note that a journey to the sign-in provider has ended; False when it had ended before. It is nobody's session."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = {
        "token_hash": hashed(f"state {state}"),
        "person": "",
        "email": "",
        "at": at,
        "seen_at": at,
        "ended_at": at,
    }
    noted = insert(sign_in).values(**values).on_conflict_do_nothing().returning(sign_in.c.token_hash)
    return tx.execute(noted).first() is not None


def forget(tx: sa.Connection, before: datetime) -> None:
    """Remove those that were last seen before a moment: the audit has when they came and went."""
    tx.execute(sa.delete(sign_in).where(sign_in.c.seen_at < before))
