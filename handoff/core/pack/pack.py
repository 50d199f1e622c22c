"""The pack as a whole."""

from dataclasses import dataclass

from handoff.core.pack.billing import BillingPlan
from handoff.core.pack.fields import FieldMap
from handoff.core.pack.labels import LabelSet
from handoff.core.pack.owners import Owners
from handoff.core.pack.policies import Policies
from handoff.core.pack.project import ProjectPlan
from handoff.core.pack.trigger import Trigger
from handoff.core.pack.workflow import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A validated pack; `fingerprint` is the hash of all its decisions (comments and order of keys do not count)."""

    name: str
    fingerprint: str
    trigger: Trigger
    fields: FieldMap
    labels: dict[str, LabelSet]
    policies: Policies
    owners: Owners
    workflow: Workflow
    billing: BillingPlan
    project: ProjectPlan

    def label_set_of(self, source: str, field: str) -> LabelSet | None:
        """The label set of a deal field (or `lines.<field>`) under a source; None when it has none."""
        source_map = self.fields.sources[source]
        if field.startswith("lines."):
            mapped = source_map.lines.fields.get(field.removeprefix("lines.")) if source_map.lines else None
        else:
            mapped = source_map.fields.get(field)
        return self.labels[mapped.labels] if mapped and mapped.labels else None
