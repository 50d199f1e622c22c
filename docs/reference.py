"""Write docs/reference/ from the code: `python docs/reference.py`. Nothing in it is written by hand."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from enum import EnumMeta
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from checks.rules import RULES  # noqa: E402 - the house is found by the line above
from handoff.cli.main import app  # noqa: E402
from handoff.core import pack as parts  # noqa: E402
from handoff.core.authority import ALLOWED, NEVER, Action, Relation  # noqa: E402
from handoff.core.settings import Settings  # noqa: E402
from handoff.core.violation import Failure  # noqa: E402
from mappings.pack import load, shipped  # noqa: E402

GENERATED = "Written by `python docs/reference.py` from the code; change the code, not this page.\n"
WIDTH = 110
FILES: dict[str, type[BaseModel]] = {
    "trigger.yaml": parts.Trigger,
    "fields.yaml": parts.FieldMap,
    "labels.yaml": parts.LabelSet,
    "policies.yaml": parts.Policies,
    "owners.yaml": parts.Owners,
    "workflow.yaml": parts.Workflow,
    "billing.yaml": parts.BillingPlan,
    "project.yaml": parts.ProjectPlan,
}


def pages() -> dict[str, str]:
    """Name of each page -> its text."""
    written = {
        "cli.md": _cli(),
        "pack.md": _pack(),
        "rules.md": _rules(),
        "settings.md": _settings(),
        "decisions.md": _decisions(),
    }
    return {name: re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n" for name, text in written.items()}


def _cli() -> str:
    root: Any = typer.main.get_command(app)
    shown = "\n\n".join(f"## `{name}`\n\n```text\n{text}\n```" for name, text in _commands(root, "handoff", None))
    return f"# Commands\n\n{GENERATED}\n{shown}\n"


def _commands(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(
        command, info_name=name.rpartition(" ")[2], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield name, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    for each in sorted(getattr(command, "commands", {})):
        if not command.commands[each].hidden:
            yield from _commands(command.commands[each], f"{name} {each}", context)


def _pack() -> str:
    sections, told = [], set[type[BaseModel]]()
    for file, model in FILES.items():
        sections.append(f"## {file}\n")
        if model is parts.LabelSet:
            sections.append("Name of the label set -> the keys below.\n")
        sections += [_part(each, whole=each is model) for each in _nested(model) if each not in told]
        told |= set(_nested(model))
    return f"# Keys of a pack\n\n{GENERATED}\nA key that is not listed is an error.\n\n" + "\n".join(sections)


def _part(model: type[BaseModel], *, whole: bool) -> str:
    title = "" if whole else f"### {model.__name__}\n\n"
    rows = [
        (f"`{field.alias or name}`", f"`{_type(field)}`", _default(field), _meaning(model, name))
        for name, field in model.model_fields.items()
    ]
    return f"{title}{_line(model.__doc__)}\n\n{_table(('key', 'type', 'default', 'means'), rows)}\n"


def _nested(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and all that are found in its fields, each once, in the order of the file."""
    found = [model]
    for each in found:
        for field in each.model_fields.values():
            found += [part for part in _models(field.annotation) if part not in found]
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _rules() -> str:
    demo = load(shipped("demo"), frozenset(RULES))
    rules = [
        (f"`{name}`", rule.sentence, rule.theme.value, f"`{rule.field}`", rule.null, _names(rule.needs), role)
        for name, rule in sorted(RULES.items())
        if (role := f"`{demo.owners.rules[name].role}`" if name in demo.owners.rules else "off")
    ]
    failures = [
        (f"`{each.value}`", f"`{demo.owners.failures[each.value].role}`", demo.owners.failures[each.value].fix or "")
        for each in Failure
        if each.value in demo.owners.failures
    ]
    titles = ("rule", "says", "theme", "reads", "when empty", "judged after", "role in the demo pack")
    return (
        f"# Rules and failures\n\n{GENERATED}\nEvery violation holds the deal.\n\n{_table(titles, rules)}\n\n"
        f"## Failures\n\nReasons beyond the rules for which a deal is held.\n\n"
        f"{_table(('failure', 'role in the demo pack', 'put right'), failures)}\n"
    )


def _settings() -> str:
    rows = [
        (f"`HANDOFF_{name.upper()}`", f"`{_type(field)}`", _default(field), _meaning(Settings, name))
        for name, field in Settings.model_fields.items()
    ]
    further = [("`HANDOFF_STRIPE_KEY_<ACCOUNT>`", "`secret`", "none", _line(Settings.stripe_key_for.__doc__))]
    further += [("`HANDOFF_CHANNEL_<NAME>`", "`secret`", "none", _line(Settings.channel_url.__doc__))]
    titles = ("setting", "type", "default", "means")
    return f"# Settings\n\n{GENERATED}\n{_line(Settings.__doc__)}\n\n{_table(titles, [*rows, *further])}\n"


def _decisions() -> str:
    titles = ("action", *(relation.value.replace("_", " ") for relation in Relation))
    rows = [(f"`{action.value}`", *(_mark(action, relation) for relation in Relation)) for action in Action]
    return (
        f"# Who may decide what\n\n{GENERATED}\n"
        "One relation with *yes* suffices; one with *never* forbids it, whatever else somebody is.\n\n"
        f"{_table(titles, rows)}\n"
    )


def _mark(action: Action, relation: Relation) -> str:
    if relation in NEVER.get(action, ()):
        return "never"
    return "yes" if relation in ALLOWED[action] else ""


def _type(field: FieldInfo) -> str:
    text = _spelled(field.annotation)
    return text.removesuffix(" or none")


def _spelled(annotation: Any) -> str:  # noqa: PLR0911 - one return for each kind of type
    if annotation is type(None):
        return "none"
    if annotation is SecretStr:
        return "secret"
    if isinstance(annotation, EnumMeta):
        return " or ".join(str(each.value) for each in annotation)  # type: ignore[var-annotated]
    arguments = [each for each in get_args(annotation) if each is not Ellipsis]
    origin = getattr(annotation, "__origin__", None)
    if origin is dict:
        return f"{_spelled(arguments[0])} -> {_spelled(arguments[1])}"
    if origin is tuple:
        return f"list of {_spelled(arguments[0])}"
    if arguments and hasattr(annotation, "__metadata__"):
        return _spelled(arguments[0])
    if arguments:
        return " or ".join(_spelled(each) for each in arguments)
    named = {"str": "text", "int": "number", "float": "number", "Decimal": "number", "bool": "true or false"}
    name = getattr(annotation, "__name__", str(annotation))
    return named.get(name, name.lower() if name in {"Path"} else name)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, BaseModel):
        return "its own"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(model: type[BaseModel], name: str) -> str:
    """The docstring under a field; Python forgets it, so it is read from the source."""
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)
    for field, after in zip(body.body, body.body[1:], strict=False):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.target.id == name
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return _line(str(after.value.value))
    return ""


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    (HERE / "reference").mkdir(exist_ok=True)
    for page, text in pages().items():
        (HERE / "reference" / page).write_text(text, encoding="utf-8")
