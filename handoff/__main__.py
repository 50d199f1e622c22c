"""`python -m handoff`: the same as the `handoff` command."""

from handoff.cli.main import run

if __name__ == "__main__":
    run()
