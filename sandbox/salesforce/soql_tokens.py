"""Cuts a SOQL statement into tokens, reads its strings, and shows where an error is."""

import re
from dataclasses import dataclass

from sandbox.salesforce.errors import ApiError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2}))
    |(?P<date>\d{4}-\d{2}-\d{2}(?![\dT:-]))
    |(?P<number>[+-]?\d+(?:\.\d+)?(?![\w.-]))
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
    |(?P<sign><=|>=|!=|<>|[=<>(),])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%"}


@dataclass(slots=True, kw_only=True)
class Token:
    """`kind` is a group of the pattern, or `end`."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The text in lower case, for keywords."""
        return self.text.lower()


def tokens(text: str) -> list[Token]:
    """All tokens of the statement, an `end` last. Raises ApiError (400 MALFORMED_QUERY)."""
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            message = f"line 1:{at} no viable alternative at character '{text[at]}'"
            raise ApiError(400, "MALFORMED_QUERY", complaint(text, at, message))
        if match.lastgroup != "space":
            found.append(Token(kind=str(match.lastgroup), text=match[0], at=at))
        at = match.end()
    return [*found, Token(kind="end", text="<EOF>", at=at)]


def complaint(text: str, at: int, message: str) -> str:
    """A message as Salesforce frames it: the text around, a caret, row and column."""
    row = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    start = max(0, at - 30)
    around = text[start : at + 30].replace("\n", " ")
    return f"\n{around}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def unescaped(quoted: str) -> str:
    """The text of a quoted string. Raises ValueError for an escape that SOQL does not have."""
    for match in re.finditer(r"\\(.)", quoted, re.DOTALL):
        if match[1] not in _ESCAPES:
            raise ValueError(
                f"Invalid string literal {quoted}. Illegal character sequence '\\{match[1]}' in string literal."
            )
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], quoted[1:-1], flags=re.DOTALL)


def like_pattern(quoted: str) -> str:
    """The regular expression of a LIKE: % any text, _ one character, unless escaped."""
    found = []
    for match in re.finditer(r"\\(.)|(.)", quoted[1:-1], re.DOTALL):
        plain = match[2]
        if plain is None:
            found.append(re.escape(_ESCAPES[match[1]]))
        else:
            found.append({"%": ".*", "_": "."}.get(plain) or re.escape(plain))
    return "".join(found)
