"""The order of the tests: files with slow ones first, so that all processes end at about the same time."""

import os
import sys

import pytest

# Most frames of the tests have a handful of rows: a pool of threads for each process costs more than it brings.
os.environ.setdefault("POLARS_MAX_THREADS", "1")


# Hundreds of processes begin in these tests: each would compile the product's modules anew, a second of a core.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {test.path for test in items if test.get_closest_marker("slow")}
    items.sort(key=lambda test: test.path not in slow)
