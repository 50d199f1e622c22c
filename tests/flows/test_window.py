"""What is shown of a run while it goes: tags, and how far it is; a window that does not open holds nothing back."""

import threading

from flows.window import Window
from handoff.road.house import Progress


class Seen:
    """What Prefect was told."""

    def __init__(self) -> None:
        self.packs: list[str] = []
        self.texts: list[tuple[float, str]] = []
        self.told = threading.Event()

    def tag(self, pack: str) -> None:
        self.packs.append(pack)

    def progress(self, percent: float, text: str) -> None:
        self.texts.append((percent, text))
        self.told.set()


class Shut(Seen):
    """A server that is gone."""

    def tag(self, pack: str) -> None:
        raise ConnectionError("the server is gone")


class Dead(Seen):
    """A server that holds every call."""

    def __init__(self) -> None:
        super().__init__()
        self.freed = threading.Event()

    def tag(self, pack: str) -> None:
        self.freed.wait(30)


def test_a_long_run_shows_its_tags_how_far_it_is_and_its_end() -> None:
    seen = Seen()
    window = Window(seen, every_s=0.01)
    window.open("demo")
    window.hear(Progress(stage="deliver", done=1500, total=6000))
    assert seen.told.wait(5)
    window.close()
    assert seen.packs == ["demo"]
    assert seen.texts[0] == (25.0, "deliver: 1,500 of 6,000")
    assert seen.texts[-1] == (100, "The run is over: its summary says what it did.")


def test_a_stage_whose_end_nobody_knows_has_no_percentage() -> None:
    seen = Seen()
    window = Window(seen, every_s=0.01)
    window.open("demo")
    window.hear(Progress(stage="pull", done=3, total=None))
    assert seen.told.wait(5)
    window.close()
    assert seen.texts[0] == (0.0, "pull: 3")


def test_a_short_run_is_tagged_and_shows_no_progress() -> None:
    seen = Seen()
    window = Window(seen, every_s=60)
    window.open("demo")
    window.hear(Progress(stage="pull", done=1, total=2))
    window.close()
    assert (seen.packs, seen.texts) == (["demo"], [])


def test_a_prefect_that_takes_nothing_is_asked_once() -> None:
    shut = Shut()
    window = Window(shut, every_s=0.01)
    window.open("demo")
    window.hear(Progress(stage="pull", done=1, total=2))
    window.close()
    assert shut.texts == []


def test_a_prefect_that_answers_nothing_holds_a_run_no_longer_than_its_farewell() -> None:
    dead = Dead()
    window = Window(dead)
    window.open("demo")
    window.hear(Progress(stage="pull", done=1, total=2))
    window.close(within_s=0.05)
    assert dead.texts == []
    dead.freed.set()


def test_a_run_that_never_began_has_nothing_to_close() -> None:
    seen = Seen()
    Window(seen).close()
    assert seen.packs == []
