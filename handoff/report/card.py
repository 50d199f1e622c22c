"""The why card: at most sixty words that a rep understands, of one deal and what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_WORDS = 60
_FEWEST = 3
"""A line of the card is not cut below this many words."""
_SHRINK = ("Waived", "Allowed", "Rule", "Where", "Seen", "Why")
"""Lines that are cut, the least missed first."""
_LAST = ("Deal", "Waits", "Who", "Next", "Due", "Since")
"""Lines that are cut only when all of these are as short as can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A label and what it says; words are counted without the label."""

    label: str
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def fit(lines: Sequence[CardLine]) -> tuple[CardLine, ...]:
    """The lines cut to at most sixty words, labels apart; a cut is shown by an ellipsis."""
    fitted = [line for line in lines if line.text]
    for label in (*_SHRINK, *_LAST):
        excess = sum(line.words for line in fitted) - MOST_WORDS
        if excess <= 0:
            break
        fitted = [_cut(line, excess) if line.label == label else line for line in fitted]
    return tuple(fitted)


def _cut(line: CardLine, excess: int) -> CardLine:
    words = line.text.split()
    kept = max(_FEWEST, len(words) - excess)
    return line if kept >= len(words) else replace(line, text=" ".join(words[:kept]).rstrip(",;:.") + "…")
