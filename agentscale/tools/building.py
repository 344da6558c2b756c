"""From what an experiment file says of a tool to the tool. What is wrong is said before anything is asked."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentscale.errors import SpecError
from agentscale.schema.experiment import LookupTool, PythonTool, ToolSpec
from agentscale.schema.record import digest
from agentscale.tools import calculator, python
from agentscale.tools.base import Raised, Usable, attempt, usable
from agentscale.tools.lookup import Table, read_table, table
from agentscale.tools.sandbox import Limits


def build(name: str, spec: ToolSpec, base: Path) -> Usable:
    """The tool.

    Args:
        name: Its name in the experiment file.
        spec: What the file says of it.
        base: Where its relative paths start.

    Raises:
        SpecError: A file or a function is not there, or is no tool.
    """
    told = spec.description
    if spec.python is not None:
        work = python.Python(_limits(spec.python)).run_python
        version = f"{python.VERSION} {digest(spec.python.model_dump(mode='json'))[:16]}"
        return usable(work, name=name, description=told, version=version, is_instant=False)
    if spec.lookup is not None:
        found = _table(spec.lookup, base)
        return usable(found.look_up, name=name, description=told, version=found.version)
    if spec.function is not None:
        work = _function(spec.function, base)
        return usable(work, name=name, description=told, version=spec.function, is_instant=False)
    return usable(calculator.calculator, name=name, description=told, version=calculator.VERSION)


def _table(spec: LookupTool, base: Path) -> Table:
    return table(spec.rows or {}) if spec.file is None else read_table(base / spec.file, spec.key)


def _limits(spec: PythonTool) -> Limits:
    return Limits(seconds=spec.seconds, memory_bytes=spec.memory_mb * 2**20, processes=spec.processes)


def _function(written: str, base: Path) -> Callable[..., Any]:
    """The function that ``module:function`` or ``file.py:function`` names."""
    place, _, name = written.rpartition(":")
    module = attempt(lambda: _file(base / place) if place.endswith(".py") else importlib.import_module(place))
    if isinstance(module, Raised):
        problem = f"{place!r} cannot be loaded: {module.told}"
        raise SpecError(problem, allowed="a module that is installed, or a file beside this one")
    function = getattr(module, name, None)
    if not callable(function):
        named = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        unknown = SpecError.unknown("function", name, named)
        raise SpecError(f"{place!r} has no function {name!r}", allowed=unknown.allowed, nearest=unknown.nearest)
    work: Callable[..., Any] = function
    return work


def _file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"agentscale_tool_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise OSError(f"there is no such file {path.name!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # annotations are looked up by the module's name
    spec.loader.exec_module(module)
    return module
