"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who acts; default HANDOFF_ACTOR or you.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a self-contained HTML page.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stands in the audit.")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only entries that this rule holds.")]
Owner = Annotated[str | None, typer.Option("--owner", metavar="PERSON", help="Only this owner: id, name or e-mail.")]
Step = Annotated[str | None, typer.Option("--step", metavar="STEP", help="A step of workflow.yaml; default all.")]
Yes = Annotated[bool, typer.Option("--yes", help="Confirm what it touches; without a terminal, needed.")]
Cause = Annotated[str | None, typer.Option("--cause", metavar="C-…", help="A cause of `handoff causes list`.")]
