"""Deals that are won while Handoff is at work: a clean org whose deals are open until somebody wins them."""

import json
from pathlib import Path
from typing import Any

import requests

from tests.clean_org import write_seed
from tests.running_sandbox import RunningSandbox


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
    """A person wins deals in the CRM."""
    rows = [{"attributes": {"type": "Opportunity"}, "Id": d, "StageName": stage} for d in deal_ids]
    answers: list[dict[str, Any]] = []
    with requests.Session() as session:
        session.trust_env = False
        session.verify = sandbox.env["HANDOFF_SALESFORCE_CA_FILE"]
        root = sandbox.env["HANDOFF_SALESFORCE_LOGIN_URL"]
        login = {
            "grant_type": "client_credentials",
            "client_id": sandbox.env["HANDOFF_SALESFORCE_CLIENT_ID"],
            "client_secret": sandbox.env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
        }
        told = session.post(f"{root}/services/oauth2/token", data=login, timeout=30).json()
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        for at in range(0, len(rows), 200):
            body = {"allOrNone": False, "records": rows[at : at + 200]}
            url = f"{root}/services/data/v62.0/composite/sobjects"
            answers += session.patch(url, json=body, headers=headers, timeout=30).json()
    refused = [answer for answer in answers if not answer["success"]]
    if refused:
        raise AssertionError(f"{len(refused)} deals were not won: {refused[0]}")
