"""Arithmetic, by a grammar of its own over Python's syntax: nothing is looked up, and nothing grows without bound."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

VERSION = "calculator/1"
_MOST_CHARS = 1000
_MOST_DIGITS = 1000
"""Digits of any number on the way: a power of a power would else take all memory."""
_LARGE = 10**_MOST_DIGITS

Number = int | float

_TWO: dict[type[ast.operator], Callable[[Any, Any], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ONE: dict[type[ast.unaryop], Callable[[Any], Number]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs, "round": round, "min": min, "max": max, "sqrt": math.sqrt, "exp": math.exp, "log": math.log,
    "log2": math.log2, "log10": math.log10, "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin,
    "acos": math.acos, "atan": math.atan, "floor": math.floor, "ceil": math.ceil, "gcd": math.gcd, "lcm": math.lcm,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e}
_ALLOWED = "numbers, + - * / // % **, parentheses, pi, e, factorial, comb and " + ", ".join(_FUNCTIONS)


def calculator(expression: str) -> str:
    """Evaluates one arithmetic expression, such as (3 + 4) * 2 ** 5 / sqrt(2), and gives its value."""
    return _spelt(evaluated(expression))


def evaluated(expression: str) -> Number:
    """The value of an expression.

    Raises:
        ValueError: It is none, or its value is not a number of at most 1,000 digits.
        ZeroDivisionError: It divides by zero.
    """
    if len(expression) > _MOST_CHARS:
        raise ValueError(f"the expression has {len(expression)} characters; allowed: {_MOST_CHARS}")
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"{expression!r} is no expression; allowed: {_ALLOWED}") from None
    return _value(tree.body)


def _value(node: ast.AST) -> Number:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return _bounded(value)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=sign, operand=inner) if type(sign) in _ONE:
            return _ONE[type(sign)](_value(inner))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _TWO:
            return _bounded(_TWO[type(sign)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
            return _called(name, [_value(each) for each in given])
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic; allowed: {_ALLOWED}")


def _called(name: str, given: list[Number]) -> Number:
    if name in ("factorial", "comb"):
        if any(not 0 <= each <= _MOST_DIGITS // 3 for each in given):
            raise ValueError(f"{name} takes whole numbers from 0 to {_MOST_DIGITS // 3}")
        return _bounded(getattr(math, name)(*map(_whole, given)))
    if name not in _FUNCTIONS:
        raise ValueError(f"there is no function {name!r}; allowed: {_ALLOWED}")
    return _bounded(_FUNCTIONS[name](*given))


def _whole(value: Number) -> int:
    if value != int(value):
        raise ValueError(f"{value} is no whole number")
    return int(value)


def _power(base: Number, exponent: Number) -> Number:
    """A power, after a look at how many digits it would have."""
    if base and abs(exponent) * abs(math.log10(abs(base))) > _MOST_DIGITS:
        raise ValueError(f"{base} ** {exponent} has more than {_MOST_DIGITS} digits")
    return _bounded(base**exponent)


def _bounded(value: Any) -> Number:
    if isinstance(value, complex):
        raise ValueError("the value is not a real number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("the value is not finite")
    if isinstance(value, int) and abs(value) >= _LARGE:
        raise ValueError(f"a number on the way has more than {_MOST_DIGITS} digits")
    number: Number = value
    return number


def _spelt(value: Number) -> str:
    """The value, without the noise that binary fractions leave at the end."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.12g}"
