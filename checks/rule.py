"""What a rule is, and the decorators that make one of a named function."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import polars as pl

from checks.context import Context
from handoff.core.deal import Theme
from handoff.core.keys import digest


class Empty(StrEnum):
    """What an empty field means to a rule."""

    PASSES = "passes"
    FAILS = "fails"
    DEPENDS = "depends"  # the rule's own expression decides, and says how


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule has to say about one deal that does not meet it."""

    field: str
    seen: str | None
    message: str


Judge = Callable[[Context], pl.Expr]
Register = Callable[[Judge], Judge]
Allowed = str | Callable[[Context], str]
Explain = Callable[[Context, pl.DataFrame], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule by its name, which is its id everywhere.

    `judge` gives an expression that is true for a deal in order; `needs` are rules without which it cannot be judged;
    `subject` and `trouble` make the sentence "<subject> could not be judged: <trouble of what it needs>".
    """

    name: str
    theme: Theme
    field: str
    sentence: str
    judge: Judge
    empty: Empty
    why_empty: str
    allowed: Allowed
    says: str
    says_empty: str
    subject: str
    trouble: str
    needs: tuple[str, ...] = ()
    per_line: bool = False
    across: bool = False
    """Looks at several deals of the batch at once."""
    explain: Explain | None = None

    @property
    def null(self) -> str:
        """What an empty field means, in words."""
        return f"empty {self.empty}: {self.why_empty}"

    @property
    def column(self) -> str:
        """The column of the frame that the rule hangs on."""
        return self.field.partition(".")[0]

    @property
    def fingerprint(self) -> str:
        """Changes with the rule's own text, so that a verdict can name the rule as it was."""
        return digest(self.name, _source(self.judge), *self.needs, self.empty)[:16]

    def expression(self, context: Context) -> pl.Expr:
        """One boolean per deal, true when in order; null counts as false."""
        verdict = self.judge(context)
        if self.per_line:
            verdict = context.lines(self.on_line(context, verdict)).list.all() | pl.col("lines").is_null()
        else:
            verdict = self._with_empty(pl.col(self.column), verdict)
        return verdict.fill_null(value=False)

    def on_line(self, context: Context, verdict: pl.Expr | None = None) -> pl.Expr:
        """One boolean per line, of a rule that is judged line by line."""
        verdict = self.judge(context) if verdict is None else verdict
        return self._with_empty(context.line(self.field.partition(".")[2]), verdict).fill_null(value=False)

    def _with_empty(self, seen: pl.Expr, verdict: pl.Expr) -> pl.Expr:
        match self.empty:
            case Empty.PASSES:
                return seen.is_null() | verdict
            case Empty.FAILS:
                return seen.is_not_null() & verdict
            case Empty.DEPENDS:
                return verdict

    def allowed_text(self, context: Context) -> str:
        """What would be right, in words."""
        return self.allowed if isinstance(self.allowed, str) else self.allowed(context)


@cache
def _source(judge: Judge) -> str:
    return inspect.getsource(judge)


REGISTERED: dict[str, Rule] = {}


def rule(
    *,
    theme: Theme,
    field: str,
    empty: Empty,
    why_empty: str,
    allowed: Allowed,
    says: str = "{sentence}",
    says_empty: str = "The {name} is empty.",
    subject: str | None = None,
    trouble: str | None = None,
    needs: tuple[str, ...] = (),
    per_line: bool = False,
    across: bool = False,
    explain: Explain | None = None,
) -> Register:
    """Register a function as a rule; its docstring is the sentence owners read.

    `says` may use {seen} (the value), {quoted} (in quotes; on lines all failing values), {allowed} and any deal field.
    """
    spoken = field.rpartition(".")[2].replace("_", " ")

    def register(judge: Judge) -> Judge:
        if judge.__name__ in REGISTERED:
            raise ValueError(f"two rules are named {judge.__name__}")
        sentence = " ".join((judge.__doc__ or "").split())
        REGISTERED[judge.__name__] = Rule(
            name=judge.__name__,
            theme=theme,
            field=field,
            sentence=sentence,
            judge=judge,
            empty=empty,
            why_empty=why_empty,
            allowed=allowed,
            says=says.replace("{sentence}", sentence),
            says_empty=says_empty.replace("{name}", spoken),
            subject=subject or f"the {spoken}",
            trouble=trouble or f"the {spoken} is not in order",
            needs=needs,
            per_line=per_line,
            across=across,
            explain=explain,
        )
        return judge

    return register
