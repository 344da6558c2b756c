"""A program of its own: reads pairs of expressions, a line of JSON each, and says what they mean, likewise.

It is run by its path, without agentscale, and may hang: whoever asks it kills it then. Only LaTeX is parsed, by a
grammar: the library's reader of plain expressions would evaluate them as Python.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import sys
from importlib.metadata import version
from typing import Any

from math_verify import LatexExtractionConfig, parse, verify
from sympy import Basic, Eq, Expr, Float, Function, PolynomialError, Rational, Symbol, cancel, expand, radsimp, simplify

_LATEX = [LatexExtractionConfig()]
_NOT_SIMPLE = (
    ArithmeticError,
    AttributeError,
    NotImplementedError,
    PolynomialError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library raises on expressions that it parses and cannot simplify."""


def _meaning(text: str) -> list[Any]:
    """What the library makes of an expression: the parsed one, where it can be, and its text."""
    inner = text.replace("$", " ")
    # Timeouts of the library's own are signals, which fail in threads: ours come from outside.
    found = parse(f"${inner}$", _LATEX, fallback_mode="no_fallback", parsing_timeout=None)
    return list(found) or [inner]


def _canonical(found: list[Any], text: str) -> str:
    """One text for expressions that simplify to one. Those that mean the same and do not are apart."""
    meant = found[0]
    if not isinstance(meant, Basic):
        return "".join(text.split())
    if isinstance(meant, Eq) and isinstance(meant.lhs, Symbol):
        meant = meant.rhs
    try:
        return str(_simple(meant))
    except _NOT_SIMPLE:
        return str(meant)


def _simple(meant: Any) -> Any:
    if not isinstance(meant, Expr):
        return meant.func(*map(_simple, meant.args)) if meant.args else meant
    exact = meant.xreplace({number: Rational(str(number)) for number in meant.atoms(Float)}).doit()
    if exact.has(Function):
        exact = simplify(exact)
    return cancel(expand(exact)) if exact.free_symbols else radsimp(expand(exact))


def _answered(job: dict[str, str]) -> dict[str, Any]:
    said = _meaning(job["answer"])
    right = verify(_meaning(job["target"]), said, timeout_seconds=None)
    return {"vote": _canonical(said, job["answer"]), "right": bool(right)}


def main(memory_bytes: str, seconds: str) -> None:
    """Answers line by line until there is no more.

    Each answer has an alarm, at which the kernel ends the process: whoever asked may have been killed, and so kill
    nobody any more.
    """
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    sys.setrecursionlimit(2000)
    _answered({"answer": "x+1", "target": "1+x"})  # what is loaded at the first use is loaded now
    by = ", ".join(f"{name} {version(name)}" for name in ("math-verify", "sympy"))
    sys.stdout.write(json.dumps({"by": by}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        signal.alarm(int(seconds))
        try:
            said = _answered(json.loads(line))
        except MemoryError:
            said = {"limit": "memory"}
        signal.alarm(0)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
