"""Sync against the services' rate limits: how much of what the token buckets allow a run really uses.

2,000 clean deals with a bare project each, a sandbox that answers after 50 ms, buckets at Stripe 100/s and Asana
1,500/min; then once more at ten times both. The limit is computed from the calls that were made in the same run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.clean_org import write_seed
from tests.running_sandbox import running_sandbox

DEALS, ACCOUNTS = 2000, 40
DELAY_MS = 50
LEAST_SHARE = 0.80
RATES = ((100, 1500), (1000, 15000))


def run() -> bool:
    """Print the figures at both speeds; False when the first uses less than 80 % of what the buckets allow."""
    print(f"sync: {DEALS:,} clean deals, {ACCOUNTS} accounts, {DELAY_MS} ms a call")
    shares = [_measure(stripe, asana) for stripe, asana in RATES]
    return shares[0] >= LEAST_SHARE


def _measure(stripe_rate: int, asana_rate: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        data, home = Path(folder) / "data", Path(folder) / "home"
        write_seed(data, DEALS, ACCOUNTS)
        with running_sandbox(data, delay_ms=DELAY_MS) as sandbox:
            settings = {
                "HANDOFF_STRIPE_RATE": str(stripe_rate),
                "HANDOFF_ASANA_RATE": str(asana_rate),
                "HANDOFF_HOME": str(home),
                "HANDOFF_PACK": "crm_sales_opportunities",
                "HANDOFF_THREADS": "16" if stripe_rate <= 100 else "64",
            }
            command = [sys.executable, "-m", "handoff", "sync", "--json"]
            started = time.monotonic()
            done = subprocess.run(
                command, env={**os.environ, **sandbox.env, **settings}, capture_output=True, text=True, check=False
            )
            elapsed = time.monotonic() - started
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        return 0.0
    return _report(json.loads(done.stdout), elapsed, stripe_rate, asana_rate)


def _report(summary: dict[str, object], elapsed: float, stripe_rate: int, asana_rate: int) -> float:
    calls: dict[str, int] = summary["calls"]  # type: ignore[assignment]
    delivered = int(str(summary["delivered"]))
    least = {"Stripe": calls["stripe"] / stripe_rate, "Asana": calls["asana"] / (asana_rate / 60)}
    limit, seconds = max(least.items(), key=lambda pair: pair[1])
    share = seconds / elapsed
    what = f"{limit}'s bucket" if share >= LEAST_SHARE else "this machine (two cores, one of them the sandbox's)"
    print(f"  Stripe {stripe_rate}/s, Asana {asana_rate}/min: {delivered:,} delivered in {elapsed:.1f} s")
    print(f"    {delivered / elapsed:.1f} deals/s, {share:.0%} of what the buckets allow; limited by {what}")
    per_deal = {service: count / max(delivered, 1) for service, count in calls.items()}
    print("    calls a deal: " + ", ".join(f"{service} {count:.3f}" for service, count in sorted(per_deal.items())))
    return share
