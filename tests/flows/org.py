"""A small org for the flows: clean deals for the pack crm_sales_opportunities, and one that its rules hold."""

import json
import os
from pathlib import Path

from tests.clean_org import write_seed
from tests.running_sandbox import RunningSandbox

PEOPLE = ("Dustin", "Brinkmann", "Anna", "Snelling", "@", "Billing ")
"""What of this org is about people."""


def write_org(folder: Path, deals: int) -> str:
    """Write the seed; returns the id of the deal that is held, for an amount of zero."""
    write_seed(folder, deals, accounts=5)
    file = folder / "Opportunity.json"
    opportunities = json.loads(file.read_text())
    opportunities[0]["Amount"] = 0
    file.write_text(json.dumps(opportunities))
    return str(opportunities[0]["Id"])


def environment(sandbox: RunningSandbox, home: Path, **more: str) -> dict[str, str]:
    """The settings that carry this org."""
    return {
        **sandbox.env,
        "HANDOFF_HOME": str(home),
        "HANDOFF_PACK": "crm_sales_opportunities",
        "HANDOFF_THREADS": "4",
        **more,
    }


def command_environment(sandbox: RunningSandbox, home: Path, **more: str) -> dict[str, str]:
    """The same for a `handoff` process, with nothing of Prefect's from this test run."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return ours | environment(sandbox, home, **more)


def invoices(sandbox: RunningSandbox) -> int:
    """How many invoices there are, at all Stripe accounts."""
    return sum(len(account["invoices"]) for account in sandbox.state("stripe")["accounts"].values())
