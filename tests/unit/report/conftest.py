"""A company's store, in which a test writes what happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handoff.store.session import Store, open_store
from tests.unit.report.company import Company


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def company(store: Store) -> Company:
    return Company(store)
