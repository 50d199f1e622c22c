"""`python -m sandbox`: stand-ins for Salesforce, Stripe and Asana on loopback ports, from seed files."""

import argparse
import math
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from sandbox import credentials, server
from sandbox.faults import FaultError, read_plan
from sandbox.seed import SeedError, read_seed
from sandbox.world import ASANA_PAID_RATE, STRIPE_TEST_RATE, World

SHIPPED_SEED = "demo"
UNLIMITED_STRIPE_RATE = 1000
UNLIMITED_ASANA_RATE = 60_000
"""What handoff is told to keep to while no limits are on: a second at Stripe, a minute at Asana."""


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _port(text: str) -> int:
    if (port := _whole(text)) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port, which is 0 to 65535")
    return port


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return number


def _above_zero(text: str) -> float:
    if (number := _number(text)) == 0:
        raise argparse.ArgumentTypeError("0 is not above zero")
    return number


def _seed(text: str) -> Path:
    """A folder; failing that, the name of a seed that comes with the sandbox."""
    shipped = Path(__file__).parent / text
    return shipped if not Path(text).exists() and text == SHIPPED_SEED and shipped.is_dir() else Path(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help.\n")


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped. Returns the exit code: 0 when stopped by a signal, 2 for a wrong option, seed or plan."""
    options = parse(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="handoff-sandbox-") as folder:
            _run(options, Path(folder))
    except (SeedError, FaultError, server.ServeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the options; an unknown or wrong one ends the process with 2 and one sentence."""
    parser = _Parser(prog="python -m sandbox", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--data", type=_seed, metavar="DIR", help="seed folder, or `demo`: one JSON or CSV file per object")
    add("--env", type=Path, metavar="FILE", help="write the settings that point handoff here to FILE (mode 600)")
    add("--delay-ms", type=_whole, default=0, metavar="N", help="how long every call waits (default 0)")
    add("--limits", choices=["off", "vendor"], default="off", help="vendor: the vendors' rate limits (default off)")
    add("--stripe-rate", type=_above_zero, default=STRIPE_TEST_RATE, metavar="N", help="a second, with --limits vendor")
    add("--asana-rate", type=_above_zero, default=ASANA_PAID_RATE, metavar="N", help="a minute, with --limits vendor")
    add("--token-lifetime", type=_above_zero, default=7200, metavar="S", help="of a Salesforce token (default 7200)")
    add("--settle", type=_number, default=2, metavar="S", help="HANDOFF_SETTLE_SECONDS to print")
    for name in server.SERVICES:
        add(f"--{name}-port", type=_port, default=0, metavar="PORT", help="0: a free one (default)")
    add("--faults", type=Path, metavar="FILE", help="a fault plan, JSON or YAML: which calls go wrong, and how")
    add("--with-parent", action="store_true", help="stop when the process that started this one has ended")
    return parser.parse_args(arguments)


def settings(options: argparse.Namespace, listeners: server.Listeners) -> dict[str, str]:
    """The `HANDOFF_*` variables that point handoff at this run."""
    urls = listeners.urls()
    limited = options.limits == "vendor"
    return {
        "HANDOFF_SALESFORCE_LOGIN_URL": urls["salesforce"],
        "HANDOFF_SALESFORCE_CLIENT_ID": credentials.SALESFORCE_CLIENT_ID,
        "HANDOFF_SALESFORCE_CLIENT_SECRET": credentials.SALESFORCE_CLIENT_SECRET,
        "HANDOFF_SALESFORCE_CA_FILE": str(listeners.ca_file),
        "HANDOFF_STRIPE_URL": urls["stripe"],
        **{f"HANDOFF_STRIPE_KEY{suffix}": key for suffix, key in credentials.STRIPE_KEYS.items()},
        "HANDOFF_STRIPE_RATE": f"{options.stripe_rate if limited else UNLIMITED_STRIPE_RATE:g}",
        "HANDOFF_ASANA_URL": f"{urls['asana']}/api/1.0",
        "HANDOFF_ASANA_TOKEN": credentials.ASANA_TOKEN,
        "HANDOFF_ASANA_WORKSPACE": credentials.ASANA_WORKSPACE,
        "HANDOFF_ASANA_TEAM": credentials.ASANA_TEAM,
        "HANDOFF_ASANA_RATE": f"{options.asana_rate if limited else UNLIMITED_ASANA_RATE:g}",
        "HANDOFF_SETTLE_SECONDS": f"{options.settle:g}",
    }


def _run(options: argparse.Namespace, folder: Path) -> None:
    parent = os.getppid() if options.with_parent else None
    ports = {name: getattr(options, f"{name}_port") for name in server.SERVICES}
    seed = read_seed(options.data) if options.data else {}
    plans = read_plan(options.faults) if options.faults else {}
    with server.listen(ports, folder) as listeners:
        world = World(
            seed=seed,
            delay_ms=options.delay_ms,
            vendor_limits=options.limits == "vendor",
            stripe_rate=options.stripe_rate,
            asana_rate=options.asana_rate,
            token_lifetime_s=options.token_lifetime,
            urls=listeners.urls(),
            plans=plans,
        )
        framed = server.frames(world)

        def ready() -> None:
            server.print_settings(settings(options, listeners), options.env)
            print("ready", flush=True)

        server.serve(framed, listeners, ready=ready, parent=parent)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until it serves: so that the folder of keys is removed
    sys.exit(main())
