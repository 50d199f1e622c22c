"""What a sync would do, for people."""

from handoff.cli import console
from handoff.cli.run_view import held_by_rule
from handoff.core.pack import Pack
from handoff.report.foreseen import Foreseen
from handoff.report.wording import counted, plain

_SHOWN = 12


def show(foreseen: Foreseen, pack: Pack) -> None:
    """Print what would be created in total and for the first deals; nothing was."""
    for warning in foreseen.warnings:
        console.lines(f"Warning: {plain(warning)}")
    console.lines(
        f"{counted(foreseen.pulled, 'deal')} pulled: {len(foreseen.deals):,} would be delivered, "
        f"{len(foreseen.held):,} held, {len(foreseen.excluded):,} excluded, {len(foreseen.unchanged):,} unchanged.",
        "",
    )
    if foreseen.held_by_rule:
        held_by_rule(foreseen.held_by_rule, pack)
    if creates := [counted(count, kind) for kind, count in foreseen.creates.items() if count]:
        console.lines(f"Would create: {', '.join(creates)}.", "")
    rows = [
        (
            d.deal_id,
            d.account_name,
            f"{d.currency} {d.amount}",
            d.customer,
            ", ".join(counted(count, kind) for kind, count in d.creates.items()) or "nothing more",
        )
        for d in foreseen.deals[:_SHOWN]
    ]
    if rows:
        console.table(("Deal", "Account", "Amount", "Customer", "Would create"), rows, right=(2,))
    if len(foreseen.deals) > _SHOWN:
        console.lines(f"and {len(foreseen.deals) - _SHOWN:,} more deals: --json lists them all")
    console.lines("", "Nothing was created or changed. handoff sync does it.")
