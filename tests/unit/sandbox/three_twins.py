"""All three stand-ins in one world, each in its frame, called in process."""

from typing import Any

from sandbox import server
from sandbox.credentials import ASANA_TEAM, ASANA_TOKEN
from sandbox.frame import Frame
from sandbox.seed import Seed
from sandbox.world import World
from tests.asgi_client import Answer, call
from tests.unit.sandbox.salesforce_calls import FORM, log_in, small_seed

DATA = "/services/data/v62.0"
STRIPE = {"authorization": "Bearer sk_test_handoff_default", "content-type": FORM["content-type"]}


class Org:
    """The three stand-ins in their frames, in one world."""

    def __init__(self, seed: Seed | None = None) -> None:
        self.world = World(
            seed=seed or small_seed(), token_lifetime_s=10**9, urls={"salesforce": "https://org.example"}
        )
        self.frames: dict[str, Frame] = server.frames(self.world)
        self.token = log_in(self.frames["salesforce"].app).json()["access_token"]

    def order(self, service: str, *faults: dict[str, Any]) -> None:
        answer = call(self.frames[service], "POST", "/_control", {"faults": list(faults)})
        assert answer.status == 200, answer.json()

    def control(self, service: str = "stripe", **orders: Any) -> Answer:
        return call(self.frames[service], "POST", "/_control", orders)

    def state(self, service: str) -> Any:
        return call(self.frames[service], "GET", "/_state").json()

    def customers(self) -> int:
        return len(self.state("stripe")["accounts"].get("default", {"customers": []})["customers"])

    def make_customer(self, key: str = "k", name: str = "Acme") -> Answer:
        headers = {**STRIPE, "idempotency-key": key}
        return call(self.frames["stripe"], "POST", "/v1/customers", f"name={name}".encode(), headers)

    def list_customers(self) -> list[Any]:
        listed: list[Any] = call(self.frames["stripe"], "GET", "/v1/customers", headers=STRIPE).json()["data"]
        return listed

    def asana(self, method: str, path: str, data: Any = None) -> Answer:
        body = None if data is None else {"data": data}
        headers = {"authorization": f"Bearer {ASANA_TOKEN}"}
        return call(self.frames["asana"], method, f"/api/1.0{path}", body, headers)

    def make_project(self, name: str) -> Any:
        return self.asana("POST", "/projects", {"name": name, "team": ASANA_TEAM}).json()["data"]

    def salesforce(
        self, method: str, path: str, body: Any = None, batch: int | None = None, root: str = DATA
    ) -> Answer:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if batch is not None:
            headers["sforce-query-options"] = f"batchSize={batch}"
        return call(self.frames["salesforce"], method, root + path, body, headers)
