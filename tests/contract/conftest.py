"""One sandbox for the contract suites, seeded with a small org of known answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors import retries
from handoff.core.settings import Settings
from tests.contract.small_org import settings_of, write_seed
from tests.running_sandbox import RunningSandbox, running_sandbox


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    retries.set_testing(True)
    yield
    retries.set_testing(False)


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    write_seed(folder)
    return folder


@pytest.fixture(scope="session")
def box(seed: Path) -> Iterator[RunningSandbox]:
    with running_sandbox(seed) as running:
        yield running


@pytest.fixture(scope="session")
def settings(box: RunningSandbox) -> Settings:
    return settings_of(box)


@pytest.fixture
def order(box: RunningSandbox) -> Iterator[Callable[..., None]]:
    """Orders faults of a service, as `RunningSandbox.faults` does, and clears them at the end of the test."""
    ordered: set[str] = set()

    def faults(service: str, *faults: dict[str, object], seed: int = 0) -> None:
        ordered.add(service)
        box.faults(service, *faults, seed=seed)

    yield faults
    for service in ordered:
        box.faults(service)
