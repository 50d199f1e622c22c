"""HANDOFF_HOME/handoff.log: one JSON line per event of ours, without values from deals or settings."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from handoff.core.trace import places

_OURS = ("handoff", "flows", "connectors", "checks", "mappings")
_BYTES, _KEPT = 5_000_000, 3


class _JsonLines(logging.Formatter):
    """JSON keeps a line break or an escape code in a name from forging a line (R52)."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "from": record.name, "message": record.getMessage()}
        if trace := getattr(record, "trace", None):
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True, default=str)


def begin(home: Path) -> None:
    """Send what our own modules log to the file, and their warnings to stderr as well."""
    shown = logging.StreamHandler(sys.stderr)
    shown.setLevel(logging.WARNING)
    shown.setFormatter(logging.Formatter("handoff: %(message)s"))
    kept = _file(home)
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        for old in logger.handlers:
            old.close()
        logger.handlers = [shown, kept]
        logger.propagate = False


def write_trace(home: Path, error: BaseException) -> Path:
    """Keep where a defect happened; its message is left out, for it may quote a deal or a setting."""
    home.mkdir(parents=True, exist_ok=True)
    handler = _file(home)
    what = {"name": "handoff.cli", "levelname": "ERROR", "msg": "a defect stopped the command", "trace": places(error)}
    handler.emit(logging.makeLogRecord(what))
    handler.close()
    return home / "handoff.log"


def _file(home: Path) -> RotatingFileHandler:
    home.mkdir(parents=True, exist_ok=True)
    file = home / "handoff.log"
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    handler = RotatingFileHandler(file, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    handler.setFormatter(_JsonLines())
    return handler
