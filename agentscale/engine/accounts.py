"""What may be spent, what is set aside for trials under way, and what is spent: a decision without clock and I/O.

An upper bound is set aside before trials begin, and what is left of it is given back when they have ended. So no cap is
passed: of all that was admitted, the bound has fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from agentscale.experiment.spending import Spending, total
from agentscale.schema.spending import Caps


@dataclass(frozen=True, slots=True)
class Lack:
    """A cap that leaves no room."""

    key: str
    """The cap's key in the experiment file, such as ``budget.cell.calls``."""
    whose: str
    """Whose cap it is; empty where it is the run's."""
    cap: float
    spent: float
    needed: float
    """What the next question takes at most."""

    def __str__(self) -> str:
        whose = f" of {self.whose}" if self.whose else ""
        spent = f"{self.key}{whose}: {_amount(self.spent)} of {_amount(self.cap)}"
        if self.key.endswith("wall_s"):
            return f"{spent} seconds have passed"
        return f"{spent} spent, the next question takes up to {_amount(self.needed)}"


_MEASURES: dict[str, Callable[[Spending], float]] = {
    "calls": lambda amount: amount.calls,
    "tokens": lambda amount: amount.tokens,
    "usd": lambda amount: amount.usd or 0.0,  # a cap on money is refused where a price is unknown
}


class Account:
    """The account of a run, a cell or a configuration.

    Args:
        caps: What may be spent.
        key: Where the caps stand in the experiment file.
        whose: The name of the cell or the configuration; empty for the run.

    Attributes:
        spent: All that was spent.
    """

    def __init__(self, caps: Caps, key: str, whose: str = "") -> None:
        given = caps.model_dump(include={*_MEASURES}, exclude_none=True)
        self._caps = {name: (cap, _MEASURES[name]) for name, cap in given.items()}
        self._wall_s = caps.wall_s
        self._key = key
        self._whose = whose
        self._began: float | None = None
        self._aside: dict[Hashable, Spending] = {}
        self._bound = Spending()
        self._drawn: dict[Hashable, Spending] = {}
        self._settled = Spending()
        self.spent = Spending()

    @property
    def is_holding(self) -> bool:
        """Whether something is set aside, of which a part may come back."""
        return bool(self._aside)

    @property
    def is_overdrawn(self) -> bool:
        """Whether more was spent than the bounds allow, as by an endpoint that ignores ``max_tokens``."""
        return any(measure(self.spent) > cap for cap, measure in self._caps.values())

    def credit(self, amount: Spending) -> None:
        """Takes what was spent before, in an earlier run of the same folder."""
        self.spent += amount
        self._settled += amount

    def late(self, now: float) -> Lack | None:
        """Whether the time is up."""
        passed = 0.0 if self._began is None else now - self._began
        if self._wall_s is None or passed < self._wall_s:
            return None
        return Lack(f"{self._key}.wall_s", self._whose, self._wall_s, passed, 0.0)

    def lacks(self, more: Spending) -> Lack | None:
        """The first cap that leaves no room for ``more``, beside what is set aside."""
        taken = self._settled + self._bound + more
        for name, (cap, measure) in self._caps.items():
            if measure(taken) > cap:
                return Lack(f"{self._key}.{name}", self._whose, cap, measure(self.spent), measure(more))
        return None

    def set_aside(self, what: Hashable, bound: Spending, now: float) -> None:
        """Sets aside a bound on what ``what`` will spend."""
        self._began = now if self._began is None else self._began
        self._aside[what] = bound
        self._drawn[what] = Spending()
        self._bound += bound

    def spend(self, what: Hashable, amount: Spending) -> None:
        """Takes what ``what`` has spent, out of what was set aside for it; what was not foreseen counts at once."""
        self.spent += amount
        if what in self._drawn:
            self._drawn[what] += amount
        else:
            self._settled += amount

    def settle(self, what: Hashable) -> None:
        """Gives back what is left of what was set aside for ``what``."""
        self._settled += self._drawn.pop(what)
        del self._aside[what]
        self._bound = total(self._aside.values())  # not by subtraction: a bound may be infinite


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
