"""Where a defect happened, without its message, which may quote a deal or a setting. Pure."""

import traceback


def places(error: BaseException) -> list[str]:
    """The class and the places of an error, then of what caused it."""
    found: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        found += [f"{type(cause).__module__}.{type(cause).__qualname__}"]
        found += [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
        cause = cause.__cause__ or cause.__context__
    return found
