"""Deals that are won while Handoff is at work: a clean org whose deals are open until somebody wins them."""

import json
from pathlib import Path

import requests

from tests.clean_org import write_seed
from tests.running_sandbox import RunningSandbox

_TRIES = 20


def write_open_org(folder: Path, deals: int, accounts: int) -> list[str]:
    """The clean org with its deals still open, but one; returns the ids of those that can be won."""
    write_seed(folder, deals + 1, accounts)
    file = folder / "Opportunity.json"
    rows = json.loads(file.read_text())
    for row in rows[1:]:
        row.update(StageName="Prospecting", IsWon=False, IsClosed=False)
    file.write_text(json.dumps(rows))
    return [str(row["Id"]) for row in rows[1:]]


def win(sandbox: RunningSandbox, deal_ids: list[str], stage: str = "Won") -> None:
    """A person wins deals in the CRM, patiently: it may be unkind to people, too."""
    left = list(deal_ids)
    with requests.Session() as session:
        session.trust_env = False
        session.verify = sandbox.env["HANDOFF_SALESFORCE_CA_FILE"]
        for _ in range(_TRIES):
            for at in range(0, len(left), 200):
                _win_some(session, sandbox.env, left[at : at + 200], stage)
            won = {row["Id"] for row in sandbox.state("salesforce")["Opportunity"] if row["StageName"] == stage}
            left = [deal_id for deal_id in left if deal_id not in won]
            if not left:
                return
    raise AssertionError(f"{len(left)} deals could not be won")


def _win_some(session: requests.Session, env: dict[str, str], deal_ids: list[str], stage: str) -> None:
    root = env["HANDOFF_SALESFORCE_LOGIN_URL"]
    login = {
        "grant_type": "client_credentials",
        "client_id": env["HANDOFF_SALESFORCE_CLIENT_ID"],
        "client_secret": env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
    }
    rows = [{"attributes": {"type": "Opportunity"}, "Id": d, "StageName": stage} for d in deal_ids]
    try:
        token = session.post(f"{root}/services/oauth2/token", data=login, timeout=30).json()["access_token"]
        url = f"{root}/services/data/v62.0/composite/sobjects"
        headers = {"Authorization": f"Bearer {token}"}
        session.patch(url, json={"allOrNone": False, "records": rows}, headers=headers, timeout=30)
    except requests.RequestException:
        return  # whether it was done is looked up
