"""`python -m benchmarks [NAME …]`: run the named benchmarks (default: all that are here) and print plain tables."""

import importlib
import sys
from pathlib import Path

NAMES = ("gate", "command", "sync", "stats", "queue")
HERE = Path(__file__).parent


def main(wanted: list[str]) -> int:
    """Run each benchmark's `run()`; 1 when one of them misses a figure it must keep, 2 for an unknown name."""
    there = [name for name in NAMES if (HERE / f"{name}.py").exists()]
    unknown = [name for name in wanted if name not in there]
    if unknown:
        print(f"No benchmark is named {', '.join(unknown)}; there are: {', '.join(there)}.", file=sys.stderr)
        return 2
    kept = [importlib.import_module(f"benchmarks.{name}").run() for name in wanted or there]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
