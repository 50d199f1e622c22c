"""The report as CSV: one row per entry and violation, safe to open in a spreadsheet, and read back without loss.

A spreadsheet takes a cell that begins with = + - @ and the like for a formula. Such a cell is written with an
apostrophe before it, and so is one that begins with an apostrophe: whoever reads takes one away. The same is done
within a cell after a semicolon, a tab or a line break, where spreadsheets of some countries begin a new one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from handoff.core.errors import UsageError
from handoff.core.money import Money
from handoff.report.queue import QueueEntry

Cell = str | None
"""None: nothing stands there, which is something else than an empty text."""

COLUMNS = (
    "entry",
    "deal_id",
    "deal",
    "account",
    "amount",
    "currency",
    "owner",
    "owner_email",
    "role",
    "asks_for",
    "opened_utc",
    "due_utc",
    "past_due",
    "escalated",
    "episode",
    "rule",
    "field",
    "seen",
    "allowed",
    "message",
    "judged",
)
MOST_OF_EXCEL = 32_767
"""Characters that Excel takes in a cell."""
_BOM = "\ufeff"
_END = "\r\n"
_FORMULA = "=+\\-@＝＋－＠﹢﹣﹦﹫−\t\r\n\x00"
_BEFORE = ' \u00a0\u200b\ufeff"“”„«»‘’`'
"""What a spreadsheet may skip before a formula."""
_BEGINS = re.compile(f"[{_BEFORE}']*[{_FORMULA}]")
_WITHIN = re.compile(f"([;\t\r\n][{_BEFORE}]*)('*)(?=[=+\\-@＝＋－＠﹢﹣﹦﹫−])")
_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",\r\n]*)(,|\r\n|\n|\r|\Z)')


def table(entries: Iterable[QueueEntry], made: datetime) -> list[list[Cell]]:
    """The rows, without their heading; an entry without a violation has one row."""
    return [[*_own(entry, made), *violation] for entry in entries for violation in _violations(entry)]


def written(rows: Iterable[Sequence[Cell]]) -> str:
    """A CSV text (RFC 4180: every cell quoted, lines end with CRLF), with a byte order mark for spreadsheets."""
    lines = (",".join(_quoted(cell) for cell in row) for row in (COLUMNS, *rows))
    return _BOM + "".join(f"{line}{_END}" for line in lines)


def too_long(rows: Iterable[Sequence[Cell]]) -> int:
    """How many cells Excel would cut; the file holds them whole."""
    return sum(_units(cell) > MOST_OF_EXCEL for row in rows for cell in row if cell and len(cell) * 4 > MOST_OF_EXCEL)


def _units(cell: str) -> int:
    """The length of a cell as Excel counts it, in UTF-16."""
    return len(neutral(cell).encode("utf-16-le", "surrogatepass")) // 2


def read_back(text: str) -> list[list[Cell]]:
    """The rows of such a text as they were before they were written, also after a spreadsheet has saved it.

    Raises UsageError, with the line, for a text that is none of ours.
    """
    rows = list(_parsed(text.removeprefix(_BOM)))
    if not rows or [cell for _, cell in rows[0][1]] != list(COLUMNS):
        raise UsageError(
            "The file does not begin with the columns of the report: take one that `handoff report` wrote."
        )
    for line, cells in rows[1:]:
        if len(cells) != len(COLUMNS):
            raise UsageError(f"Line {line} has {len(cells)} cells, not {len(COLUMNS)}: write the file anew.")
    return [[_bare(cell) for cell in cells] for _, cells in rows[1:]]


def neutral(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    calm = _WITHIN.sub(lambda m: f"{m[1]}{m[2]}'", text)
    return f"'{calm}" if not calm or calm.startswith("'") or _BEGINS.match(calm) else calm


def _plain(text: str) -> str:
    """What `neutral` was given."""
    calm = text.removeprefix("'")
    return _WITHIN.sub(lambda m: f"{m[1]}{m[2][:-1]}", calm)


def _quoted(cell: Cell) -> str:
    if cell is None:
        return ""
    return '"' + neutral(cell).replace('"', '""') + '"'


def _bare(cell: tuple[bool, str]) -> Cell:
    quoted, text = cell
    return _plain(text) if text or quoted else None


def _parsed(text: str) -> Iterator[tuple[int, list[tuple[bool, str]]]]:
    """Each line's number and cells: whether it was quoted, and what stands in it."""
    place, line = 0, 1
    while place < len(text):
        first, cells = line, []
        while True:
            found = _CELL.match(text, place)
            if found is None:
                raise UsageError(f"Line {line} cannot be read as CSV: a quotation mark is missing, or one too many.")
            raw, end = found.groups()
            quoted = raw.startswith('"')
            cells.append((quoted, raw[1:-1].replace('""', '"') if quoted else raw))
            line += len(re.findall(r"\r\n|\n|\r", found[0]))
            place = found.end()
            if end != ",":
                break
        yield first, cells


def _own(entry: QueueEntry, made: datetime) -> list[Cell]:
    amount = entry.money
    return [
        entry.entry,
        entry.deal_id,
        entry.deal_name,
        entry.account_name,
        _number(amount),
        entry.currency,
        entry.owner,
        entry.email,
        entry.role,
        entry.kind,
        _moment(entry.opened),
        _moment(entry.due),
        "yes" if entry.due < made else "no",
        str(entry.level),
        str(entry.episode),
    ]


def _violations(entry: QueueEntry) -> list[list[Cell]]:
    found: list[list[Cell]] = [
        [v.rule, v.field, v.seen, v.allowed, v.message, "yes" if v.judged else "no"] for v in entry.violations
    ]
    return found or [[None] * 6]


def _number(amount: Money | None) -> Cell:
    """A plain decimal, exact; nothing where it cannot be read."""
    return None if amount is None else f"{amount.major:f}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
