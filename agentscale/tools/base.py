"""What every tool is: a function with described arguments. What goes wrong in it is told to the agent as its result."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, PydanticUserError, ValidationError, create_model

from agentscale.errors import SpecError
from agentscale.schema.tools import MOST_BYTES, Tool, cut

_ALLOWED = "named parameters, each with an annotation that JSON knows, such as str, int, float, bool or list[str]"


Value = TypeVar("Value")


class Raised(NamedTuple):
    """What a user's code raised."""

    told: str
    """In one line: the kind of error and its message."""


def attempt(work: Callable[[], Value]) -> Value | Raised:
    """Runs code of the user's, whatever it may raise. This is the one boundary at which every error is caught."""
    try:
        return work()
    except Exception as error:
        return Raised(f"{type(error).__name__}: {error}")


class Used(NamedTuple):
    """What came of one use of a tool."""

    text: str
    """The result, or what went wrong: what the agent is told, in at most `MOST_BYTES` bytes."""
    ok: bool


@dataclass(frozen=True)
class Usable:
    """A tool that can be used."""

    tool: Tool
    takes: type[BaseModel]
    """Its arguments."""
    work: Callable[..., Any]
    """What it does, with its arguments by name: a text, or what JSON can say."""
    is_instant: bool
    """Whether it ends at once, so that nobody need wait for it."""

    def use(self, arguments: Any) -> Used:
        """Does the work. An error of the tool, or arguments that do not fit, are a result: the agent may mend them."""
        try:
            given = self.takes.model_validate(arguments)
        except ValidationError as error:
            return _failed(f"{_unfit(error)}; allowed: {_shown(self.tool.parameters)}")
        done = attempt(lambda: self._told(given))
        if isinstance(done, Raised):
            return _failed(done.told)
        return Used(cut(done, MOST_BYTES), ok=True)

    def _told(self, given: BaseModel) -> str:
        result = self.work(**{name: getattr(given, name) for name in self.takes.model_fields})
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def usable(
    work: Callable[..., Any], *, name: str, description: str | None, version: str, is_instant: bool = True
) -> Usable:
    """A tool made of a function: its parameters and their annotations are what it takes.

    Args:
        work: The function. Its result is a text, or what JSON can say.
        name: The tool's name in the experiment file.
        description: What agents are told of it; the function's own docstring by default.
        version: What does the work, and what its results hang on.
        is_instant: Whether it ends at once.

    Raises:
        SpecError: The function cannot be a tool.
    """
    told = description or inspect.getdoc(work)
    if not told:
        problem = f"the function {version!r} has no docstring, so no agent could know what it is for"
        raise SpecError(problem, remedy="give it one, or give the tool a description")
    takes, parameters = _taken(work, version)
    return Usable(Tool(name=name, description=told, parameters=parameters, version=version), takes, work, is_instant)


def _taken(work: Callable[..., Any], version: str) -> tuple[type[BaseModel], dict[str, Any]]:
    """The record of a function's arguments, and its JSON Schema."""
    try:
        parameters = inspect.signature(work, eval_str=True).parameters.values()
        fields = {each.name: _field(each) for each in parameters}
        takes: type[BaseModel] = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        return takes, _bare(takes.model_json_schema())
    except (NameError, TypeError, ValueError, PydanticUserError) as error:
        raise SpecError(f"the parameters of {version!r} cannot be read: {error}", allowed=_ALLOWED) from None


def _field(parameter: inspect.Parameter) -> Any:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise ValueError(f"{parameter.name!r} cannot be given by name")
    if parameter.annotation is parameter.empty:
        raise ValueError(f"{parameter.name!r} has no annotation")
    return (parameter.annotation, ... if parameter.default is parameter.empty else parameter.default)


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the titles that Pydantic gives, which tell an agent nothing."""
    fields = {name: _untitled(field) for name, field in schema["properties"].items()}
    return {**_untitled(schema), "properties": fields}


def _untitled(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "title"}


def _unfit(error: ValidationError) -> str:
    """What is wrong with arguments, in one clause each."""
    wrong = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}" for each in wrong)


def _shown(parameters: dict[str, Any]) -> str:
    needed = parameters.get("required", [])
    names = (name if name in needed else f"{name} (optional)" for name in parameters["properties"])
    return f"an object with {', '.join(names)}" if parameters["properties"] else "an empty object"


def _failed(why: str) -> Used:
    return Used(cut(f"error: {why}", MOST_BYTES), ok=False)
