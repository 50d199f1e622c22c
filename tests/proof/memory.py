"""Where the proofs keep their stores: in memory where the system has such a place, for they are written without end.

Nothing here cuts the power: kill -9 loses nothing that was written, wherever it lies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_MEMORY = Path("/dev/shm")


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with TemporaryDirectory(prefix=f"handoff-{name}-", dir=where) as made:
        yield Path(made)
