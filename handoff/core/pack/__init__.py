"""The pack: a company's decisions, read from YAML by `mappings.pack`, typed here."""

from handoff.core.pack.billing import BillingEntity, BillingPlan
from handoff.core.pack.fields import Condition, FieldMap, LineMap, MappedField, SourceMap
from handoff.core.pack.labels import LabelSet
from handoff.core.pack.owners import (
    Absence,
    Accountable,
    Holidays,
    LookUp,
    Owners,
    Person,
    Role,
    Rota,
    Waivable,
    WorkingTime,
)
from handoff.core.pack.pack import Pack
from handoff.core.pack.policies import Correctable, DeskPolicy, Policies
from handoff.core.pack.project import ProjectPlan, ProjectTask
from handoff.core.pack.trigger import Trigger
from handoff.core.pack.workflow import Limit, Starts, Step, StepKind, Workflow

__all__ = [
    "Absence",
    "Accountable",
    "BillingEntity",
    "BillingPlan",
    "Condition",
    "Correctable",
    "DeskPolicy",
    "FieldMap",
    "Holidays",
    "LabelSet",
    "Limit",
    "LineMap",
    "LookUp",
    "MappedField",
    "Owners",
    "Pack",
    "Person",
    "Policies",
    "ProjectPlan",
    "ProjectTask",
    "Role",
    "Rota",
    "SourceMap",
    "Starts",
    "Step",
    "StepKind",
    "Trigger",
    "Waivable",
    "Workflow",
    "WorkingTime",
]
