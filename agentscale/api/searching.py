"""Drives a search for a graph: every plan that is proposed becomes a run in one folder, with one recording for all.

So a search that is repeated with the same arguments finds all its calls recorded, asks nothing, and comes to the same
plans; and no plan is begun whose bound would break what the experiment's budget allows for the whole search.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agentscale.api.estimating import estimate
from agentscale.api.plan_costs import PlanCost
from agentscale.api.running import environment, load, run
from agentscale.engine import CONCURRENCY
from agentscale.errors import SpecError
from agentscale.experiment.spending import Spending
from agentscale.randomness import keyed
from agentscale.schema.search import SearchRow
from agentscale.search import METHODS, Found, Method, Plan, Pruning, Space, Try, front
from agentscale.search.base import Setting

if TYPE_CHECKING:
    from agentscale.engine.tally import Tally
    from agentscale.experiment import Sweep
    from agentscale.store import RunFolder


class Searched(NamedTuple):
    """What a search came to."""

    rows: tuple[SearchRow, ...]
    """All tries, in their order."""
    path: Path
    """The run folder; the rows are in its ``search.jsonl``."""
    calls_asked: int
    """Calls really made: neither recorded before nor shared between plans."""
    stopped: str | None
    """Why the search ended before its end."""
    n_unread: int = 0
    """Plans that had to be drawn since the proposing model wrote too few."""

    @property
    def front(self) -> tuple[SearchRow, ...]:
        """The Pareto front, by cost."""
        return tuple(sorted((row for row in self.rows if row.on_front), key=lambda row: row.cost))


def search(
    experiment: str | Path,
    *overrides: str,
    method: str = "reinforce",
    nodes: int = 5,
    batch: int = 6,
    rounds: int = 4,
    cost: PlanCost | None = None,
    cap: float | None = None,
    prune: bool = False,
    proposer: str | None = None,
    out: str | Path | None = None,
    concurrency: int = CONCURRENCY,
    env_file: str | Path | None = None,
    watch: Callable[[Tally], None] = lambda tally: None,
) -> Searched:
    """Searches for the graph of agents that is worth its cost, on the tasks and models of an experiment.

    A plan is a ``mixture`` of ``nodes`` agents: a model and a role for each, and edges. The experiment's own team,
    protocol and topology play no part; its budget is that of the whole search.

    Args:
        experiment: The experiment file, or the name of a ready one.
        overrides: Dotted overrides.
        method: One of ``agentscale.search.METHODS``.
        nodes: Agents of a plan, ≥ 1.
        batch: Plans that are tried between two steps of the method, ≥ 1.
        rounds: Such batches, ≥ 1.
        cost: What a plan costs; by default its tokens.
        cap: The most that a plan may cost for one question, by its bound, in the unit of ``cost``.
        prune: Whether, at the end, edges of the best plan are left out as long as it gets no worse.
        proposer: The model that proposes plans, for the method ``told``; it is no node's.
        out: The run folder; ``results/<name>-search`` under the working folder by default.
        concurrency: Calls under way at once of each model.
        env_file: A ``.env`` file with keys.
        watch: Is told of the progress of each plan's run.

    Raises:
        SpecError: If the file or an argument is wrong, or no plan keeps to the cap. Nothing has been sent by then.
        StoreError: If the folder cannot be written.
    """
    base = load(experiment, *overrides)
    _check(base, method, nodes, batch, rounds, proposer)
    path = Path(out) if out is not None else Path("results") / f"{base.header.name}-search"
    driver = _Driver(experiment, overrides, base, path, cost or PlanCost(), cap, concurrency, env_file, watch, proposer)
    models = tuple(name for name in base.experiment.models if name != proposer)
    setting = Setting(Space(nodes, models), batch, rounds, driver.fits, None if proposer is None else driver.ask)
    driver.check(models)
    chosen = METHODS[method](setting)
    driver.follow(chosen)
    if prune and driver.found and driver.stopped is None:
        whole = [each for each in driver.found if each.share == 1]
        if whole:
            driver.follow(Pruning(setting, max(whole, key=lambda each: (each.score, -each.cost))))
    return driver.result(getattr(chosen, "n_unread", 0))


@dataclass
class _Driver:
    """One search on its way."""

    experiment: str | Path
    overrides: Sequence[str]
    base: Sweep
    path: Path
    cost: PlanCost
    cap: float | None
    concurrency: int
    env_file: str | Path | None
    watch: Callable[[Tally], None]
    proposer: str | None

    def __post_init__(self) -> None:
        from agentscale.engine.pricing import quotes

        self.found: list[Found] = []
        self.stopped: str | None = None
        self._rows: list[SearchRow] = []
        self._bounds: dict[Plan, float] = {}
        self._spent = Spending()
        self._asked = 0
        self._round = 0
        self._quotes = quotes(self.base, environment(self.env_file))

    def check(self, models: Sequence[str]) -> None:
        self.cost.check(models, self._quotes)

    # -- what the method is told ----------------------------------------------------------------------------------

    def fits(self, plan: Plan) -> bool:
        """Whether the plan's bound keeps to the cap."""
        return self.cap is None or self._bound(plan) <= self.cap

    def ask(self, text: str) -> str:
        """The reply of the proposing model, asked and recorded as the answer to a question of one's own."""
        name = f"proposals-{self._round}"
        home = self.path.parent / f".{self.path.name}-{name}"
        _write_task(home, name, text)
        team = [{"name": "proposer", "members": [{"model": self.proposer}]}]
        made = self._run({"task": os.path.relpath(home, self.base.path.parent), "team": team, "protocol": "vote"})
        (transcript,) = made.transcripts(made.header.cells[0].id)
        return transcript.events[0].text

    # -- the way of a search --------------------------------------------------------------------------------------

    def follow(self, method: Method) -> None:
        """Tries what the method proposes until it has no more, or the budget allows no more."""
        rng = keyed(self.base.header.seed, "search", method.name)
        while self.stopped is None:
            proposed = method.propose(rng)
            if not proposed:
                break
            found = [each for each in map(self._try, proposed) if each is not None]
            if self.stopped is None:
                method.observe(found)
            self._round += 1
        if not self._rows and self.stopped is None:
            raise SpecError(
                f"no plan was found whose bound keeps to {self.cap:g} {self.cost.unit} a question"
                if self.cap is not None
                else "the method proposed no plan",
                key="cap",
                remedy="raise the cap, lower max_tokens under sampling, or take fewer nodes",
            )

    def _try(self, each: Try) -> Found | None:
        if self.stopped is not None:
            return None
        written = self._written(each)
        self.stopped = self._exceeded(written)
        if self.stopped is not None:
            return None
        folder = self._run(written)
        (cell,) = folder.header.cells
        transcripts = list(folder.transcripts(cell.id))
        score = sum(transcript.score or 0.0 for transcript in transcripts) / len(transcripts)
        cost = sum(self.cost.of(cell, each, self._quotes) for each in transcripts) / len(transcripts)
        found = Found(each.plan, score, cost, each.share)
        self.found.append(found)
        self._keep(found)
        return found

    def _run(self, written: Mapping[str, Any]) -> RunFolder:
        made = run(
            self.experiment,
            *self.overrides,
            *_texts(written),
            out=self.path,
            changed=True,
            concurrency=self.concurrency,
            env_file=self.env_file,
            watch=self.watch,
        )
        if made.tally is not None:
            tally = made.tally
            self._asked += tally.calls_asked
            self._spent += Spending(tally.calls_asked, tally.tokens_in, tally.tokens_out, tally.usd)
        return made.folder

    def _exceeded(self, written: Mapping[str, Any]) -> str | None:
        """Which cap of the experiment's budget the plan could break; ``None`` where it cannot."""
        budget = self.base.experiment.budget
        if budget.calls is None and budget.tokens is None and budget.usd is None:
            return None
        more = estimate(self.experiment, *self.overrides, *_texts(written), out=self.path, env_file=self.env_file)
        after = self._spent + more.total.high
        for name, limit, amount in (
            ("calls", budget.calls, after.calls),
            ("tokens", budget.tokens, after.tokens),
            ("usd", budget.usd, math.inf if after.usd is None else after.usd),
        ):
            if limit is not None and amount > limit:
                return f"the next plan could bring the search to {amount:,g} {name}; the budget allows {limit:,g}"
        return None

    def _bound(self, plan: Plan) -> float:
        if plan not in self._bounds:
            texts = _texts(self._written(Try(plan)))
            sweep = load(self.experiment, *self.overrides, *texts)
            from agentscale.engine.estimate import estimate as bounds
            from agentscale.engine.recollection import Recollection

            made = bounds(sweep, self._quotes, Recollection(sweep, {}, None))
            self._bounds[plan] = self.cost.at_most(sweep, made)
        return self._bounds[plan]

    def _written(self, each: Try) -> dict[str, Any]:
        """The plan as keys of an experiment file."""
        plan = each.plan
        written: dict[str, Any] = {
            "team": [{"name": "plan", "members": [{"model": model} for model in plan.models]}],
            "protocol": {"mixture": {"fusers": list(plan.fusers)}},
            "topology": {"edges": {"links": [list(edge) for edge in plan.edges]}},
        }
        if each.share < 1:
            written["task.limit"] = max(1, math.ceil(each.share * len(self.base.questions)))
        return written

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _keep(self, found: Found) -> None:
        plan, bound = found.plan, self._bound(found.plan)
        self._rows.append(
            SearchRow(
                round=self._round,
                plan=plan.label,
                models=plan.models,
                fusers=plan.fusers,
                edges=plan.edges,
                share=found.share,
                score=found.score,
                cost=found.cost,
                bound=bound if math.isfinite(bound) else None,
            )
        )

    def result(self, n_unread: int) -> Searched:
        """All that was found, written to the folder."""
        from agentscale.store import RunFolder

        best = {each.plan.label for each in front(self.found)}
        rows = tuple(row.model_copy(update={"on_front": row.plan in best and row.share == 1}) for row in self._rows)
        if rows:
            RunFolder.open(self.path).keep_search(rows)
        return Searched(rows, self.path, self._asked, self.stopped, n_unread)


def _texts(written: Mapping[str, Any]) -> list[str]:
    """The keys as dotted overrides: JSON is YAML."""
    return [f"{key}={json.dumps(value)}" for key, value in written.items()]


def _write_task(home: Path, name: str, text: str) -> None:
    """A task with one question, the text; what is read from its answer plays no part."""
    head = {
        "name": name,
        "description": "What a model is asked that proposes graphs.",
        "kind": "number",
        "instruction": "Write nothing else.",
        "extract": ["last_number"],
        "version": "1",
        "licence": "MIT",
        "source": "a search",
    }
    home.mkdir(parents=True, exist_ok=True)
    (home / "task.yaml").write_text(json.dumps(head), "utf-8")
    sample = {"id": name, "input": text, "target": "0"}
    (home / "samples.jsonl").write_text(json.dumps(sample) + "\n", "utf-8")


def _check(base: Sweep, method: str, nodes: int, batch: int, rounds: int, proposer: str | None) -> None:
    if method not in METHODS:
        raise SpecError.unknown("method", method, METHODS, key="method")
    for key, number in (("nodes", nodes), ("batch", batch), ("rounds", rounds)):
        if number < 1:
            raise SpecError(f"{key} is {number}", key=key, allowed="a whole number of at least 1")
    models = list(base.experiment.models)
    if (method == "told") != (proposer is not None):
        raise SpecError(
            "a proposer was given" if proposer else "no proposer was given",
            key="proposer",
            allowed="the name of a model for the method told, and none for any other",
        )
    if proposer is not None and proposer not in models:
        raise SpecError.unknown("model", proposer, models, key="proposer")
    if len(models) == (proposer is not None):
        raise SpecError("no model is left for the nodes", key="models", allowed="one besides the proposer, or more")
    if method == "halving" and sum(len(ref.world) or 1 for ref in base.experiment.task) > 1:
        raise SpecError("the experiment has several tasks", key="task", allowed="one, of which halving asks shares")
