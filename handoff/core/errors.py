"""Errors of our own, grouped by what the caller does with them.

HandoffError
├── UsageError      exit 2: settings, arguments, files
│   ├── UnknownNameError  exit 2: an entry, a cause or an owner that is not there
│   └── PackError   exit 2: every problem of a pack at once
└── LockHeldError   exit 3: another run holds the lock
"""

from dataclasses import dataclass


class HandoffError(Exception):
    """Something a person must read: one clear sentence (what, where, what to do)."""

    exit_code = 1


class UsageError(HandoffError):
    """Wrong arguments, settings or input files."""

    exit_code = 2


class UnknownNameError(UsageError):
    """What somebody named is not there. The sentence quotes that name, and nothing of a deal: any place may show it."""


class LockHeldError(HandoffError):
    """Another sync or re-run holds the lock."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PackProblem:
    """One thing wrong in a pack: where it stands, what is wrong, what would be right."""

    file: str
    line: int
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.wrong}. {self.right}."


class PackError(UsageError):
    """A pack that cannot be used; carries all problems at once."""

    def __init__(self, problems: list[PackProblem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))
