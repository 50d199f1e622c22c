"""A company in memory whose one deal is handed off, as often as a test likes."""

from collections.abc import Iterator

import pytest

from tests.proof import memory
from tests.proof.one_deal import Company


@pytest.fixture(scope="module")
def opened() -> Iterator[Company]:
    """Its store is opened once, and written thousands of times."""
    with memory.folder("proof") as folder:
        company = Company(folder)
        yield company
        company.close()


@pytest.fixture
def company(opened: Company) -> Iterator[Company]:
    """The company as it was before its deal was ever pulled; what a test does to it is undone."""
    start = opened.keep()
    yield opened
    opened.put_back(start)
