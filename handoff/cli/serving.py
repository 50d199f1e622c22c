"""`handoff serve`: declared here, worked out when it runs."""

from pathlib import Path
from typing import Annotated

import typer

serving = typer.Typer()


@serving.command(short_help="The review page, for owners of held deals.")
def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Which address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535, help="Which port.")] = 8440,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="TLS certificate chain, PEM.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Its private key, PEM.")] = None,
) -> None:
    """Serve the review page: owners see what is held, why, and decide.

    \b
    Example:
      handoff serve
      HANDOFF_REVIEW_URL=https://handoff.example.com handoff serve --host 0.0.0.0

    People sign in with your OIDC provider (HANDOFF_OIDC_ISSUER, HANDOFF_OIDC_CLIENT_ID, HANDOFF_OIDC_CLIENT_SECRET).
    Without one it serves this machine alone, and only while every service is a sandbox here. SIGTERM or Ctrl-C end it:
    what was asked is answered, and the exit code is 0.
    """
    from handoff.cli import served  # noqa: PLC0415 - lazy, as every command: --help stays quick

    served.serve(host, port, certificate, key)
