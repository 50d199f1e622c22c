"""Sentences of ours in the words of the page: labels of fields, names of people, words of the glossary, no commands."""

import re

from handoff.core.deal import FIELD_BY_NAME
from handoff.core.pack import Pack
from handoff.report.wording import spoken
from handoff.review.entry_facts import on_page
from handoff.review.field_names import of_deal

_NAMED = re.compile(r"(?<!\w)'[^']*'(?!\w)|“[^”]*”|(?<![\w.@])[a-z]+(?:_[a-z]+)+(?![\w@])")
"""What somebody typed, which stands in quotes; or a name out of the code, the pack or the store."""


def in_words(pack: Pack, sentence: str) -> str:
    """A sentence for somebody at the page. What somebody typed stays as it is, but for a person's id."""
    said = named(pack, on_page(sentence))
    return f"{said[:1].upper()}{said[1:]}"


def named(pack: Pack, text: str) -> str:
    """A text of ours with people by their names, and fields, rules and states in words."""
    return _NAMED.sub(lambda found: _word(pack, found.group()), text)


def _word(pack: Pack, text: str) -> str:
    if person := pack.owners.people.get(text.strip("'")):
        return person.name
    if text[0] in "'“":
        return text
    return f"“{of_deal(text)}”" if text in FIELD_BY_NAME else spoken(text)
