"""Find a pack: a company's own folder, or one that we ship. Apart from the house, for `check` opens no store."""

from pathlib import Path

from checks.rules import names
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from mappings.pack import load, shipped


def find_pack(name_or_folder: str | Path | None) -> Pack:
    """The pack of HANDOFF_PACK: a folder, or the name of a pack we ship. Raises PackError with all problems."""
    return load(folder_of(name_or_folder), names())


def folder_of(name_or_folder: str | Path | None) -> Path:
    """The folder of a pack, which need not be there. Raises UsageError when none is named."""
    if name_or_folder is None:
        raise UsageError("No pack is set: point HANDOFF_PACK at a folder of YAML files, or at `demo`.")
    folder = Path(name_or_folder)
    if not folder.is_dir() and folder.name == str(name_or_folder) and shipped(folder.name).is_dir():
        return shipped(folder.name)
    return folder
