"""The ownership map of a pack, proven: every gap in words, with its place in owners.yaml; no run begins on one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.rules import names
from handoff.core.errors import PackError, PackProblem, UsageError
from handoff.core.ownership_proof import UNKNOWN, Gap, GapKind, Proof, candidates, left_by, prove, values_of
from handoff.core.pack import Owners, Pack
from handoff.road.packs import folder_of
from mappings import pack_yaml
from mappings.pack import load

FILE = "owners.yaml"
_RIGHT = {
    GapKind.NOBODY: "Let one of them be there, or add a `backup:` who is",
    GapKind.NO_BACKUP: "Add a `backup:` with a role whose person is there then, or name a stand-in",
    GapKind.ALONE: "Add a `backup:` with a role that is another person's",
}
_LISTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with the map: its path in owners.yaml, what is wrong, what would be right."""

    path: tuple[str, ...]
    wrong: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCheck:
    """What `owners check` found. Without a `proof` the pack could not even be read, and `problems` say why."""

    pack: str
    problems: tuple[PackProblem, ...]
    notes: tuple[str, ...] = ()
    proof: Proof | None = None


def check_map(pack: str | Path | None, now: datetime, days: int) -> MapCheck:
    """Read a pack and prove its ownership map; what already keeps it from being read comes first."""
    folder = folder_of(pack)
    try:
        found = load(folder, names())
    except PackError as error:
        return MapCheck(pack=folder.name, problems=tuple(error.problems))
    proof = prove(found, now, days)
    document = pack_yaml.read((folder / FILE).read_text(encoding="utf-8-sig"))
    problems = [
        PackProblem(file=FILE, line=document.line(f.path), key=".".join(f.path), wrong=f.wrong, right=f.right)
        for f in findings(found, proof)
    ]
    return MapCheck(
        pack=found.name,
        problems=tuple(sorted(problems, key=lambda p: (p.line, p.wrong))),
        notes=tuple(_leaving(found.owners, proof)),
        proof=proof,
    )


def refuse_gaps(pack: Pack, now: datetime) -> None:
    """Raise UsageError when the map is not whole, now or within the next 90 days; called before a run begins."""
    found = list(findings(pack, prove(pack, now)))
    if found:
        first, more = found[0], f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UsageError(
            f"The ownership map of pack {pack.name} is not whole, so nothing was begun: {'.'.join(first.path)}: "
            f"{first.wrong}{more}. Correct {FILE}; handoff owners check shows all of it."
        )


def findings(pack: Pack, proof: Proof) -> Iterator[Finding]:
    """Everything that is wrong: who left and is still named, then the gaps, those of several values in one."""
    yield from _left(pack.owners, proof)
    alike: dict[tuple[object, ...], list[Gap]] = {}
    for gap in proof.gaps:
        alike.setdefault((gap.role, gap.since, gap.until, gap.kind, gap.person, gap.missing), []).append(gap)
    for gaps in alike.values():
        yield _finding(pack.owners, proof, gaps)


def _finding(owners: Owners, proof: Proof, gaps: Sequence[Gap]) -> Finding:
    gap = gaps[0]
    when = _when(owners, gaps)
    span = _span(proof, gap)
    missing = "; ".join(f"{owners.people[who].name} {_why(why)}" for who, why in gap.missing)
    name = owners.people[gap.person].name if gap.person in owners.people else gap.person
    wrong = {
        GapKind.NOBODY: f"{span} nobody is there{when}: {missing}",
        GapKind.NO_BACKUP: f"{span} no backup is there{when}, and only the tie-breaker {name} is left: {missing}",
        GapKind.ALONE: f"{span} {name} answers alone{when}, and nobody stands behind them"
        + (f": {missing}" if missing else ""),
    }[gap.kind]
    return Finding(path=("roles", gap.role), wrong=wrong, right=_RIGHT[gap.kind])


def _span(proof: Proof, gap: Gap) -> str:
    whole = gap.since == proof.since and gap.until == proof.until
    if whole:
        return f"at every hour of the next {(proof.until - proof.since).days} days"
    since = "from now" if gap.since == proof.since else f"from {gap.since:%Y-%m-%d %H:%M}"
    until = "on" if gap.until == proof.until else f"until {gap.until:%Y-%m-%d %H:%M} UTC"
    return f"{since} {until}"


def _why(why: str) -> str:
    return why if why.startswith("left") else f"is {why}"


def _when(owners: Owners, gaps: Sequence[Gap]) -> str:
    """For which values of the fields by which people are looked up; nothing when it is so for all of them."""
    every = [tuple(values.items()) for values in values_of(owners, gaps[0].role)]
    here = {gap.values for gap in gaps}
    if len(here) == len(every):
        return ""
    for pair in dict.fromkeys(pair for values in every for pair in values):
        if here == {values for values in every if pair in values}:
            return f" when {_said(*pair)}"
    told = [" and ".join(_said(*pair) for pair in values) for values in every if values in here]
    more = f", or in {len(told) - _LISTED} more cases" if len(told) > _LISTED else ""
    return f" when {', or '.join(told[:_LISTED])}{more}"


def _said(field: str, value: str | None) -> str:
    if value is None:
        return f"{field} is empty"
    return f"{field} names nobody we know" if value == UNKNOWN else f"{field} is {value!r}"


def _left(owners: Owners, proof: Proof) -> Iterator[Finding]:
    """Who is not with the company any more, and where the map still leads to them."""
    gone = left_by(owners, proof.since)
    for role, path, person in _named(owners):
        if person in gone:
            found = owners.people[person]
            wrong = f"{found.name} left the company on {found.left}, and {role} still leads to them"
            yield Finding(path=path, wrong=wrong, right="Name their successor")


def _leaving(owners: Owners, proof: Proof) -> Iterator[str]:
    gone = left_by(owners, proof.since)
    for person in dict.fromkeys(person for _, _, person in _named(owners)):
        found = owners.people.get(person)
        if found and found.left and person not in gone and found.left <= proof.until.date():
            places = " and ".join(dict.fromkeys(place for place, _, named in _named(owners) if named == person))
            yield f"{found.name} leaves the company on {found.left}. By then, name a successor for {places}."


def _named(owners: Owners) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each place of the map that names a person: role, path, person."""
    yield "the tie-breaker", ("tie_breaker",), owners.tie_breaker
    for name, role in owners.roles.items():
        for person in dict.fromkeys(candidates(role)):
            yield f"the role {name}", ("roles", name), person
