"""Words of others in a message: one short line that no mail program, chat or terminal takes for anything but text."""

from handoff.report.wording import plain

_SPOKEN = {"<": "‹", ">": "›", "@": "＠", "`": "'", "[": "(", "]": ")", "|": "¦", "\\": "/"}
"""Characters with which chats make links and mentions (`<!channel>`, `@here`, `[text](address)`), and what replaces
them."""
_SWAP = str.maketrans(_SPOKEN)


def line(text: object, most: int = 80) -> str:
    """The text on one line, at most so many characters, its control and markup characters replaced."""
    cut = str(text)[: 4 * most]  # a name can be a megabyte long
    calm = plain(" ".join(cut.split())).translate(_SWAP).replace("://", ":∕∕")
    return calm if len(calm) <= most else calm[: most - 1].rstrip() + "…"


def lines(text: str, *, most: int = 12, longest: int = 240) -> list[str]:
    """A text of several lines, each made harmless; what is too much is said to be left out."""
    found = [line(part, longest) for part in text[: most * 4 * longest].splitlines() if part.strip()]
    return found if len(found) <= most else [*found[: most - 1], "(more is in the queue)"]
