"""How every part of a pack is read: unknown keys refused, values frozen."""

from pydantic import BaseModel, ConfigDict


class PackPart(BaseModel):
    """A mapping in a pack's YAML. Keys nobody knows are errors: a typo must not switch a rule off."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
