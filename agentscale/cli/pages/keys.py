"""The keys of an experiment file with their defaults, generated from the records that validate it."""

from __future__ import annotations

import textwrap

from pydantic.fields import FieldInfo

from agentscale.interop import ANSWERS, TRIALS
from agentscale.protocols import PROTOCOLS
from agentscale.schema.agents import Member, Sampling
from agentscale.schema.embedding import EmbedderSpec
from agentscale.schema.experiment import (
    BatchSpec,
    Endpoint,
    Experiment,
    Launch,
    LookupTool,
    ModelSpec,
    Playing,
    PythonTool,
    Scripted,
    Simulated,
    Stepping,
    TaskRef,
    TeamSpec,
    ToolSpec,
)
from agentscale.schema.profile import Profile
from agentscale.schema.record import Record
from agentscale.schema.spending import BudgetCaps, Caps, Price

SECTIONS: dict[str, type[Record]] = {
    "at the top": Experiment,
    "endpoints.NAME": Endpoint,
    "endpoints.NAME.launch": Launch,
    "endpoints.NAME.batch": BatchSpec,
    "models.NAME": ModelSpec,
    "models.NAME.profile": Profile,
    "models.NAME.simulated": Simulated,
    "models.NAME.scripted": Scripted,
    "models.NAME.stepping": Stepping,
    "models.NAME.policy": Playing,
    "sampling": Sampling,
    "tools.NAME": ToolSpec,
    "tools.NAME.python": PythonTool,
    "tools.NAME.lookup": LookupTool,
    "task": TaskRef,
    "team": TeamSpec,
    "team.members": Member,
    "embedder": EmbedderSpec,
    "budget": BudgetCaps,
    "budget.cell and budget.agent": Caps,
    "prices.NAME and models.NAME.price": Price,
}
"""Where in the file a record is written, in the order of the page."""


def table() -> str:
    """Every key of every section: its default and what it means, at 80 columns."""
    return "\n\n".join(f"### {place}\n\n{_section(record)}" for place, record in SECTIONS.items())


def parameters() -> str:
    """Every parameter of every protocol: its default and what it means, at 80 columns."""
    return "\n\n".join(f"### {name}\n\n{_protocol(member)}" for name, member in sorted(PROTOCOLS.items()))


def columns() -> str:
    """Every column of the tables that ``export`` writes, at 80 columns."""
    return "\n\n".join(
        f"## {name}\n\n" + "\n".join(_column(*column) for column in about.items())
        for name, about in (("answers", ANSWERS), ("trials", TRIALS))
    )


def _column(name: str, about: str) -> str:
    return "\n".join(textwrap.wrap(about, 78, initial_indent=f"    {name:14} ", subsequent_indent=" " * 19))


def _protocol(member: type[Record]) -> str:
    about = (member.__doc__ or "").strip().splitlines()[0]
    return f"{about}\n\n{_section(member)}" if member.model_fields else about


def _section(record: type[Record]) -> str:
    return "\n".join(_key(name, field) for name, field in record.model_fields.items())


def _key(name: str, field: FieldInfo) -> str:
    head = f"    {name:14} {'must be given' if field.is_required() else _default(field)}"
    about = " ".join((field.description or "").replace("``", "").split())
    return "\n".join([head, *textwrap.wrap(about, 78, initial_indent=" " * 8, subsequent_indent=" " * 8)])


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    plain = [_plain(each) for each in default] if isinstance(default, tuple) else _plain(default)
    return "default: " + (", ".join(plain) or "none" if isinstance(plain, list) else plain)


def _plain(value: object) -> str:
    if isinstance(value, Record):
        return str(getattr(value, "label", None) or value.model_dump(mode="json", exclude_defaults=True) or "none")
    return "none" if value in (None, {}) else str(value)
