"""The order of the tests: files with slow ones first, so that two processes end at about the same time."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {test.path for test in items if test.get_closest_marker("slow")}
    items.sort(key=lambda test: test.path not in slow)
