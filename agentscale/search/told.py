"""A model proposes plans: it is shown what came of the earlier ones, and writes the next."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from agentscale.search.base import Found, Method, Setting, Try, fitting
from agentscale.search.plans import Plan, Space, planned

SHOWN = 12
"""Earlier plans that are shown, the best ones."""

_NODE = re.compile(r"\b(\d{1,3}):([\w./-]+)(\*?)")
_EDGE = re.compile(r"\b(\d{1,3})>(\d{1,3})\b")


class Told(Method):
    """One plan a line is read from the reply; lines that hold no plan that fits are counted, and draws stand in."""

    name = "told"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._rounds = 0
        self._found: list[Found] = []
        self.n_unread = 0
        """Plans that had to be drawn, since the reply held too few."""

    def propose(self, rng: np.random.Generator) -> list[Try]:
        """What the model writes, and draws for what is lacking."""
        setting, space = self.setting, self.setting.space
        if self._rounds == setting.rounds or setting.ask is None:
            return []
        self._rounds += 1
        said = plans_of(setting.ask(self.prompt()), space)
        plans = list(dict.fromkeys(plan for plan in said if setting.fits(plan)))[: setting.batch]
        lacking = setting.batch - len(plans)
        self.n_unread += lacking
        odds = space.even(0.5)
        drawn = fitting(setting, lacking, lambda: space.draw(odds, rng))
        return [Try(plan) for plan in dict.fromkeys([*plans, *drawn])]

    def observe(self, found: Sequence[Found]) -> None:
        """Remembers all of it."""
        self._found += found

    def prompt(self) -> str:
        """What the model is asked."""
        space, n = self.setting.space, self.setting.batch
        best = sorted(self._found, key=lambda each: (-each.score, each.cost))[:SHOWN]
        shown = [f"{each.plan.label} | accuracy {each.score:.3f}, cost {each.cost:.4g}" for each in best]
        return "\n".join(
            [
                f"A team of {space.nodes} language models answers questions over a graph. A node with no edge into it "
                "answers alone; any other reads the answers at the tails of its edges, and makes one answer of them "
                "if it is a fuser, marked *, or else answers by itself with them at hand.",
                f"Models: {', '.join(space.models)}. An edge u>v goes from a smaller number to a larger one.",
                *(["These graphs have been tried:", *shown] if shown else []),
                f"Propose {n} new graph{'s' * (n > 1)} with higher accuracy at lower cost, one a line, written as "
                f"{_example(space)}",
            ]
        )


def plans_of(text: str, space: Space) -> list[Plan]:
    """The plans that stand in a text, one a line, each with every node and with models that there are."""
    return [plan for line in text.splitlines() if (plan := _plan(line, space)) is not None]


def _plan(line: str, space: Space) -> Plan | None:
    nodes = {int(node): (model, bool(star)) for node, model, star in _NODE.findall(line)}
    edges = {(int(u), int(v)) for u, v in _EDGE.findall(line)}
    if sorted(nodes) != list(range(space.nodes)) or not edges <= set(space.edges):
        return None
    if not {model for model, _ in nodes.values()} <= set(space.models):
        return None
    fusers = [node for node, (_, star) in nodes.items() if star]
    return planned([nodes[node][0] for node in range(space.nodes)], fusers, edges)


def _example(space: Space) -> str:
    last = space.nodes - 1
    edges = ((last - 1, last),) if last else ()
    return planned((space.models[0],) * space.nodes, (last,), edges).label
