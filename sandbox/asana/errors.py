"""Refusals in Asana's words and shape."""

from typing import Any

HELP = (
    "For more information on API status codes and how to handle them, read the docs on errors: "
    "https://developers.asana.com/docs/errors"
)


class AsanaError(Exception):
    """A refused call: its HTTP status and the message of the error body."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The answer's body; `phrase` comes with server errors only."""
        error = {"message": self.message, "help": HELP}
        if self.status >= 500:
            error["phrase"] = "6 sad squid snuggle softly"
        return {"errors": [error]}


def missing(name: str) -> AsanaError:
    """A required parameter or body field is absent."""
    return AsanaError(400, f"{name}: Missing input")


def no_route() -> AsanaError:
    """Nothing answers to this method and path."""
    return AsanaError(404, "No matching route for request")


def unknown_object(kind: str, gid: object, *, in_path: bool) -> AsanaError:
    """No such object: 404 where the path names it, 400 where a parameter does."""
    if isinstance(gid, str) and not gid.isdecimal() and not gid.startswith("external:"):
        return AsanaError(400, f"{kind}: Not a Long: {gid}")
    return AsanaError(404 if in_path else 400, f"{kind}: Not a recognized ID: {gid}")
