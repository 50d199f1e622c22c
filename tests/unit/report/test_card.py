"""The why card: sixty words at most, and never cut where it says who, when and what next."""

import pytest

from handoff.report.card import MOST_WORDS, CardLine, fit

LONG = "word " * 80


def card(**texts: str) -> list[CardLine]:
    return [CardLine(label=label, text=text) for label, text in texts.items()]


def words(lines: tuple[CardLine, ...]) -> int:
    return sum(line.words for line in lines)


def test_a_short_card_stays_as_it_is() -> None:
    lines = card(Deal="held", Rule="It must be so.", Who="Ada")
    assert fit(lines) == tuple(lines)


@pytest.mark.parametrize("label", ["Allowed", "Where", "Seen", "Rule", "Why"])
def test_a_long_line_is_cut_and_shows_it(label: str) -> None:
    fitted = fit(card(Deal="held", **{label: LONG}, Who="Ada", Due="2026-11-25 09:00 UTC", Next="Fix it."))
    assert words(fitted) == MOST_WORDS
    assert next(line for line in fitted if line.label == label).text.endswith("…")


def test_however_long_all_is_who_due_and_next_stay_whole() -> None:
    kept = {"Who": "Ada Lovelace (Sales operations)", "Due": "2026-11-25 09:00 UTC", "Next": "It goes on."}
    fitted = fit(card(Deal="held", Rule=LONG, Seen=LONG, Allowed=LONG, Where=LONG, **kept))
    assert words(fitted) <= MOST_WORDS
    assert {line.label: line.text for line in fitted if line.label in kept} == kept


def test_a_line_without_words_is_left_out() -> None:
    assert fit(card(Deal="held", Where="")) == tuple(card(Deal="held"))
