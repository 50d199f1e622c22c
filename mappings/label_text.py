"""Labels and synonyms inserted into the text of labels.yaml, which keeps its comments, order and line ends. Pure."""

import json
import re
from collections.abc import Sequence

import yaml

from handoff.core.label_decision import LabelDecision

_PLAIN = re.compile(r"[A-Za-z0-9](?:[\w /&.+()-]*[\w)+])?")
"""What may stand in YAML without quotes wherever it is put."""
_NOT_TEXT = frozenset({"null", "Null", "NULL"})


class TextError(ValueError):
    """The file is written in a way in which nothing can be inserted into it as text."""


def inserted(text: str, decisions: Sequence[LabelDecision]) -> str:
    """The text of labels.yaml with some decisions that it does not hold. Raises TextError."""
    for decision in sorted(decisions, key=lambda d: not d.is_new):
        text = _with_label(text, decision) if decision.is_new else _with_synonym(text, decision)
    return text


def _with_label(text: str, decision: LabelDecision) -> str:
    labels = _value(_label_set(text, decision), "labels")
    if not isinstance(labels, yaml.SequenceNode) or not labels.value:
        raise TextError(f"the labels of {decision.label_set} are no list")
    last, word = labels.value[-1], _written(decision.seen)
    if labels.flow_style:
        return _put(text, last.end_mark.index, f", {word}")
    return _put_line(text, last, f"{' ' * labels.start_mark.column}- {word}")


def _with_synonym(text: str, decision: LabelDecision) -> str:
    found = _label_set(text, decision)
    pair = f"{_written(decision.seen)}: {_written(decision.canonical)}"
    synonyms = _value(found, "synonyms")
    if synonyms is None:
        return _with_first_synonym(text, found, pair)
    if not isinstance(synonyms, yaml.MappingNode):
        raise TextError(f"the synonyms of {decision.label_set} are no mapping")
    if not synonyms.value:
        return _put(text, synonyms.start_mark.index + 1, pair)
    last = synonyms.value[-1][1]
    if synonyms.flow_style:
        return _put(text, last.end_mark.index, f", {pair}")
    return _put_line(text, last, f"{' ' * synonyms.start_mark.column}{pair}")


def _with_first_synonym(text: str, found: yaml.MappingNode, pair: str) -> str:
    """A set without synonyms gets them below its labels."""
    labels = _value(found, "labels")
    if labels is None:
        raise TextError("a label set has no labels")
    if found.flow_style:
        return _put(text, labels.end_mark.index, f", synonyms: {{{pair}}}")
    column = " " * found.start_mark.column
    last = labels.value[-1] if isinstance(labels, yaml.SequenceNode) and not labels.flow_style else labels
    return _put_line(text, last, f"{column}synonyms:", f"{column}  {pair}")


def _label_set(text: str, decision: LabelDecision) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _value(root, decision.label_set) if isinstance(root, yaml.MappingNode) else None
    if not isinstance(found, yaml.MappingNode):
        raise TextError(f"there is no label set {decision.label_set}")
    return found


def _value(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _put(text: str, at: int, more: str) -> str:
    return text[:at] + more + text[at:]


def _put_line(text: str, last: yaml.Node, *lines: str) -> str:
    """Add lines below the one on which a node ends; what stands behind it there, such as a comment, stays."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    at = text.find("\n", last.end_mark.index)
    at = len(text) if at < 0 else at
    if text[at - 1 : at] == "\r":
        at -= 1
    return _put(text, at, "".join(f"{line_end}{line}" for line in lines))


def _written(word: str) -> str:
    """A word as YAML that means exactly this text, on one line."""
    if _PLAIN.fullmatch(word) and word not in _NOT_TEXT:
        return word
    return json.dumps(word, ensure_ascii=False)
