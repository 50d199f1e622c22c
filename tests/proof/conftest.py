"""A company in memory whose one deal is handed off, as often as a test likes."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.proof.one_deal import Company

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def opened() -> Iterator[Company]:
    """Its store lies in memory where the system has such a place: it is written thousands of times."""
    with TemporaryDirectory(prefix="handoff-proof-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        company = Company(Path(folder))
        yield company
        company.close()


@pytest.fixture
def company(opened: Company) -> Iterator[Company]:
    """The company as it was before its deal was ever pulled; what a test does to it is undone."""
    start = opened.keep()
    yield opened
    opened.put_back(start)
