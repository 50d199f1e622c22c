"""A dry run's flow: what a sync would do, shown as an artifact. Nothing is written by it, neither here nor outside."""

from dataclasses import dataclass

from prefect.client.schemas.objects import State

from connectors.errors import ConnectorError
from flows import artifacts, errand
from handoff.road.dry_run import dry_run
from handoff.road.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a dry run came to."""

    sentence: str
    exit_code: int = 0


def tell(name: str) -> State[None]:
    """Work it out and show it."""
    return errand.run(_foretold, name)


def _foretold(house: House) -> Foretold:
    try:
        found = dry_run(house)
    except ConnectorError as error:
        said = f"Nobody can say what a sync would do: {error.service} could not be asked. `handoff doctor` says more."
        return Foretold(sentence=said, exit_code=1)
    artifacts.foreseen(house, found)
    would = f"{len(found.deals)} would be delivered, {len(found.held)} held"
    return Foretold(sentence=f"A dry run: of {found.pulled} deals {would}. Nothing was written.")
