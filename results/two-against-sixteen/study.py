"""Do two diverse agents match or exceed sixteen alike; and if so, is it diversity that does it?

    python results/derive.py two-against-sixteen

Two arms beside the printed numbers: the simulator, in which what differs between the two teams is made equal one thing
at a time; and real models, where sixteen copies of each were recorded once, so that every team of them is an average
over that pool.

Scores are chances of a right vote by unit: worlds of the simulator, questions of a task. Every difference is paired.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import numpy as np
from numpy.typing import NDArray
from pages import standing
from writing import data, write_figure, write_report, write_table

import agentscale
from agentscale.analysis import (
    DeFinetti,
    Pilot,
    bootstrap_means,
    expected_accuracy,
    n_match,
    paired_delta,
    plurality_accuracy,
    read_pilots,
)
from agentscale.catalog import published_yang2026
from agentscale.randomness import keyed
from agentscale.report.colours import LIGHT
from agentscale.simulation import Seat, World, WorldParameters, ballots

Floats = NDArray[np.float64]
Row = dict[str, Any]
Key = tuple[Any, ...]
Scores = dict[Key, Floats]

SEED, RESAMPLES = 7, 2000
WORLDS, QUESTIONS, OPTIONS = 40, 150, 4
FAILURES = (0.05, 0.08, 0.30)
SIZES = (1, 2, 3, 4, 5, 8, 16)
SHOWN = (2, 3, 4, 8, 16)
PAIRS = tuple(combinations(range(3), 2))
LAWS = 700
ROUNDING = 1e-12
POWER = 2.8016  # standard errors that a difference must have to be found with a power of 80 %


class Arm(NamedTuple):
    """One way to measure."""

    name: str
    scores: Scores
    """By what was measured, each of shape (units,)."""
    units: str


def derive(source: Path, out: Path) -> None:
    """Writes all tables, figures and pages of runs."""
    arms, members = [simulator()], []
    if (source / "recordings" / "sums").is_dir():
        real, members = real_models(source / "recordings", out)
        arms.append(real)
    write_table(out, "formal_logic", formal_logic())
    write_table(out, "identity", [*identities(), *map(identity_in, arms)], digits=12)
    write_table(out, "conditions", conditions(arms[0]))
    ladders = [row for arm in arms for row in ladder(arm)]
    write_table(out, "ladder", ladders)
    sizes = [row for arm in arms for row in by_size(arm)]
    write_table(out, "sizes", sizes)
    write_table(out, "match", [row for arm in arms for row in matches(arm)])
    write_table(out, "even", [row for arm in arms for row in even(arm)], digits=6)
    if members:
        write_table(out, "members", members)
        write_table(out, "pairs", pairs(arms[1], members))
    write_table(out, "design", design(arms))
    write_table(out, "answer", answers(ladders, sizes))
    draw(out, ladders, sizes)


# Published numbers.


def formal_logic() -> list[Row]:
    """What the identity of two voters says of the printed mixes of two, from the printed single models.

    Two copies of a model are right as often as one, so the mean of the pair's rows is the mix, but for answers that
    cannot be read.
    """
    table = published_yang2026()
    n, mixes = table["questions"]["formal_logic"], table["table_1"]["datasets"]["formal_logic"]["vote"]
    rows = []
    for mix, which in (("L3", "homogeneous"), ("L4", "heterogeneous")):
        alone = {name: of["vote"][which] for name, of in table["formal_logic_ablation"].items()}
        pair = np.mean([alone["llama-3.1-8b"][0], alone["qwen-2.5-7b"][0]]) / 100
        got = mixes[which][0] / 100
        error = math.sqrt((got * (1 - got) + pair * (1 - pair)) / n)
        rows.append(
            {
                "mix": mix,
                "printed": got,
                "members": float(pair),
                "all_three": float(np.mean([of[0] for of in alone.values()])) / 100,
                "value": float(got - pair),
                "low": float(got - pair) - 1.959964 * error,
                "high": float(got - pair) + 1.959964 * error,
                "items": n,
            }
        )
    return rows


# The identity of two voters.


@cache
def ballots_of(n: int, options: int) -> Floats:
    """Chance that a vote of n is right by what each of them says, shape (options + 1,) * n; the last says nothing."""
    said = np.indices((options + 1,) * n)
    return np.asarray(expected_accuracy(np.stack([(said == a).sum(axis=0) for a in range(options)], axis=-1)))


def identities() -> Iterator[Row]:
    """Random joint laws of voters that may depend on each other in any way."""
    for lost, text in ((False, "two voters, all readable"), (True, "two voters, some unreadable")):
        found = [off_by(_joint(case, 2, 2 + case % 7, lost), rescued=True) for case in range(LAWS)]
        yield {"where": text, "cases": LAWS, "largest": max(found)}
    plain = [off_by(_joint(case, 2, 2 + case % 7, True), rescued=False) for case in range(LAWS)]
    yield {"where": "two voters, some unreadable, rescue left out", "cases": LAWS, "largest": max(plain)}
    three = [off_by(_joint(case, 3, 2 + case % 3, False), rescued=False) for case in range(LAWS)]
    yield {"where": "three voters, all readable", "cases": LAWS, "largest": max(three)}


def _joint(case: int, n: int, options: int, lost: bool) -> Floats:
    """A joint law of what n voters say, shape (options + 1,) * n; uneven ones hold voters that depend on each other."""
    rng = keyed(SEED, "joint", case, n)
    law = np.zeros((options + 1,) * n)
    inner = (slice(0, options + lost),) * n
    cells = np.maximum(rng.gamma((0.05, 0.3, 1.0)[case % 3], size=law[inner].shape), 1e-12)
    law[inner] = cells / cells.sum()
    return law


def off_by(law: Floats, rescued: bool) -> float:
    """How far a vote is from the mean of its members, plus half the chance that one alone can be read and is right."""
    n, options = law.ndim, law.shape[0] - 1
    vote = float((law * ballots_of(n, options)).sum())
    members = float(np.mean([law.take(0, axis=i).sum() for i in range(n)]))
    rescue = 0.5 * float(law[0, options] + law[options, 0]) if rescued else 0.0
    return abs(vote - members - rescue)


def identity_in(arm: Arm) -> Row:
    """The largest deviation over the units of an arm."""
    found = [arm.scores[key] for key in arm.scores if key[0] == "identity"]
    cases = sum(int(np.isfinite(each).sum()) for each in found)
    return {"where": f"{arm.name}: {arm.units}", "cases": cases, "largest": float(np.nanmax(np.abs(found)))}


# The simulator.


def simulator() -> Arm:
    """All scores of all worlds."""
    worlds = [in_world(seed) for seed in range(WORLDS)]
    return Arm("simulator", {key: np.array([world[key] for world in worlds]) for key in worlds[0]}, "worlds")


def in_world(seed: int) -> dict[Key, float]:
    """The scores of one world, means over its questions.

    ``drawn``: answers are sampled; ``zero``: copies say the same, and what a channel found. ``lost``: some answers
    cannot be read; ``read``: all can.
    """
    asked = [f"q{number}" for number in range(QUESTIONS)]
    scores: Scores = {}
    for decoding, parsing in product(("drawn", "zero"), ("lost", "read")):
        world = World(WorldParameters(seed=seed, **_decoding(decoding), **_parsing(parsing)))
        seats = [*world.team("L3", 3), *world.team("L4", 3)]
        theta = _theta(world, asked, OPTIONS, seats)
        scores |= _condition((decoding, parsing), theta[:, :3], theta[:, 3:])
        if (decoding, parsing) == ("drawn", "read"):
            scores |= _by_size_in(world, asked, theta[:, :3])
    two = WorldParameters(seed=seed, **_parsing("read"))
    binary = _theta(World(two), asked, 2, [Seat("0/-", 0)])[:, 0]
    scores |= {("binary", n): plurality_accuracy(binary, n) for n in range(1, 6)}
    return {key: float(value.mean()) for key, value in scores.items()}


def _theta(world: World, asked: Sequence[str], options: int, seats: Sequence[Seat]) -> Floats:
    """The law of what each of these agents says, (Q, B, C)."""
    facts = world.ground.questions(asked, options)
    habits = [(seat, world.ground.habits(asked, seat.model, seat.persona)) for seat in seats]
    return np.stack([world.law(facts, habit, seat.model, seat.persona) for seat, habit in habits], axis=1)


def _decoding(decoding: str) -> dict[str, float]:
    return {"fresh": 0.0, "fidelity_right": 1.0, "fidelity_wrong": 1.0} if decoding == "zero" else {}


def _parsing(parsing: str) -> dict[str, Any]:
    return {"parse_failure": FAILURES} if parsing == "lost" else {}


def _condition(at: Key, plain: Floats, dressed: Floats) -> Scores:
    """Scores of teams from the laws of the three models, (Q, 3, C), without and with a persona."""
    bare, clad = (np.dstack([law, np.maximum(1 - law.sum(axis=2), 0.0)]) for law in (plain, dressed))
    sixteen = plurality_accuracy(plain, 16).T
    scores: Scores = {}
    for name, pairs_ in (("left", PAIRS[:1]), ("all", PAIRS)):
        for before, laws in (("", clad), ("plain ", bare)):
            scores[f"{before}one", *at, name] = np.mean([laws[:, pair, 0].mean(axis=1) for pair in pairs_], axis=0)
            scores[f"{before}two", *at, name] = np.mean([_of_two(laws, *pair) for pair in pairs_], axis=0)
    off = [_of_two(clad, *pair) - (clad[:, pair, 0].sum(axis=1) + _rescue(clad, *pair)) / 2 for pair in PAIRS]
    return scores | {
        ("alike two", *at): np.mean([_of_two(bare, m, m) for m in range(3)], axis=0),
        ("alike sixteen", *at): np.mean(sixteen, axis=0),
        ("best sixteen", *at): best_of(sixteen),
        ("identity", *at): np.abs(off).max(axis=0),
    }


def _of_two(laws: Floats, a: int, b: int) -> Floats:
    """The vote of two agents that answer alone, from laws (Q, B, C + 1)."""
    return np.einsum("qa,qb,ab->q", laws[:, a], laws[:, b], ballots_of(2, laws.shape[2] - 1))


def _rescue(laws: Floats, a: int, b: int) -> Floats:
    """Chance that just one of two can be read, and is right."""
    return laws[:, a, 0] * laws[:, b, -1] + laws[:, a, -1] * laws[:, b, 0]


def best_of(scores: Sequence[Floats] | Floats) -> Floats:
    """The best of several, chosen on every other question and judged on those between."""
    table, chosen = np.stack(scores), np.empty_like(scores[0])
    for half in (0, 1):
        chosen[half::2] = table[np.nanmean(table[:, 1 - half :: 2], axis=1).argmax(), half::2]
    return chosen


def _by_size_in(world: World, asked: Sequence[str], plain: Floats) -> Scores:
    """Votes of the four layers at every size, all else equal, averaged over who of the three models is dealt first."""
    dealt = [seat for model in range(3) for seat in (*world.team("L1", 1, model), *world.team("L2", 5, model))]
    copies = [6 if seat.persona is None else 4 for seat in dealt]
    answers = ballots(world, asked, OPTIONS, list(zip(dealt, copies, strict=True))).answers
    votes = np.stack([answers == option for option in range(OPTIONS)], axis=-1)
    at = {(seat.model, seat.persona): sum(copies[:place]) for place, seat in enumerate(dealt)}

    def vote(members: Sequence[tuple[int, str | None]]) -> Floats:
        places = [at[who] + members[:i].count(who) for i, who in enumerate(members)]
        return np.asarray(expected_accuracy(votes[:, places].sum(axis=1)))

    scores: Scores = {}
    for n in SIZES:
        alike = plurality_accuracy(plain, n).T
        scores["L1", n], scores["best", n] = np.mean(alike, axis=0), best_of(alike)
        teams = {layer: [world.team(layer, n, m) for m in range(3)] for layer in ("L2", "L3", "L4")}
        for layer, dealings in teams.items():
            shifts = [0] * 3 if layer == "L2" else range(3)
            members = [
                [((seat.model + by) % 3, seat.persona) for seat in team]
                for by, team in zip(shifts, dealings, strict=True)
            ]
            scores[layer, n] = np.mean([vote(team) for team in members], axis=0)
    return scores


# Real models.


class Pool(NamedTuple):
    """Recorded answers of one run, question by question."""

    ids: list[str]
    models: tuple[str, ...]
    personas: tuple[str, ...]
    """Of each configuration, like ``models``."""
    pilot: Pilot


def real_models(recordings: Path, out: Path) -> tuple[Arm, list[Row]]:
    """The scores of all questions, and what the models do alone."""
    runs = {path.name: pool_of(path, out) for path in sorted(recordings.iterdir())}
    pool = runs["sums"]
    readable = Pilot(pool.pilot.counts, np.zeros_like(pool.pilot.missing))
    last = int(np.nanmean(_alone(pool.pilot), axis=0).argmin())
    left = tuple(m for m in range(3) if m != last)
    scores = _plain(("drawn", "lost"), pool.pilot, left) | _plain(("drawn", "read"), readable, left)
    scores |= _of_pairs(pool.pilot) | _of_sizes(pool, ("L1", "L3"))
    for name, decoding in (("personas", "drawn"), ("greedy", "zero"), ("plain-greedy", "zero")):
        if name in runs:
            run = _on(runs[name], pool.ids)
            scores |= _dressed(decoding, run, pool.models, left) if name != "plain-greedy" else _silent(run)
            scores |= _of_sizes(run, ("L2", "L4")) if name == "personas" else {}
    return Arm("real models", scores, "questions"), list(_members(runs, left))


def pool_of(recording: Path, out: Path) -> Pool:
    """The answers of a recorded run, played again in a folder of its own, whose page is kept."""
    with tempfile.TemporaryDirectory() as folder:
        run = agentscale.replay(recording, out=Path(folder) / "run")
        write_report(out / "reports" / f"{recording.name}.html", run)
        (found,) = read_pilots(run.folder)
        ids = [sample for _, sample in sorted(run.folder.questions())]
    models, personas = zip(*(config.rsplit("/", 1) for config in found.configs), strict=True)
    return Pool(ids, models, personas, found.pilot)


def _on(pool: Pool, ids: Sequence[str]) -> Pool:
    """The pool on these questions, with nothing recorded where it was not asked."""
    rows = np.array([pool.ids.index(name) if name in pool.ids else -1 for name in ids])
    asked = rows >= 0
    counts = pool.pilot.counts[rows] * asked[:, None, None]
    missing = pool.pilot.missing[rows] * asked[:, None]
    return pool._replace(ids=list(ids), pilot=Pilot(counts, missing))


def _alone(pilot: Pilot) -> Floats:
    """Chance of one agent to be right, (Q, B)."""
    return np.asarray(pilot.theta[:, :, 0])


def _laws(pilot: Pilot) -> Floats:
    """What one agent says, (Q, B, C + 1)."""
    return np.dstack([pilot.theta, 1 - pilot.theta.sum(axis=2)])


def _plain(at: Key, pilot: Pilot, left: tuple[int, ...]) -> Scores:
    """Teams of the three models without personas."""
    vote, laws = DeFinetti(pilot, seed=SEED), _laws(pilot)
    sixteen = [vote.right(16 * row) for row in np.eye(3, dtype=int)]
    mixed = {pair: vote.right(_team(3, *pair)) for pair in PAIRS}
    off = [mixed[pair] - (laws[:, pair, 0].sum(axis=1) + _rescue(laws, *pair)) / 2 for pair in PAIRS]
    return {
        ("plain one", *at, "left"): laws[:, left, 0].mean(axis=1),
        ("plain one", *at, "all"): laws[:, :, 0].mean(axis=1),
        ("plain two", *at, "left"): mixed[left],
        ("plain two", *at, "all"): np.mean(list(mixed.values()), axis=0),
        ("alike two", *at): np.mean([vote.right(_team(3, m, m)) for m in range(3)], axis=0),
        ("alike sixteen", *at): np.mean(sixteen, axis=0),
        ("best sixteen", *at): best_of(sixteen),
        ("identity", *at): np.abs(off).max(axis=0),
    }


def _team(configs: int, *members: int) -> list[int]:
    """Agents of each configuration."""
    return np.bincount(members, minlength=configs).tolist()


def _dressed(decoding: str, pool: Pool, models: Sequence[str], left: tuple[int, ...]) -> Scores:
    """Two models in different personas, either way round: of all pairs, and of the one that leaves the weakest out."""
    vote, alone = DeFinetti(pool.pilot, seed=SEED), _alone(pool.pilot)
    place = {who: at for at, who in enumerate(zip(pool.models, pool.personas, strict=True))}
    personas = tuple(dict.fromkeys(pool.personas))
    scores: Scores = {}
    for name, some in (("left", [left]), ("all", PAIRS)):
        teams = [(place[models[a], p], place[models[b], q]) for a, b in some for p, q in (personas, personas[::-1])]
        scores["one", decoding, "lost", name] = np.mean([alone[:, team].mean(axis=1) for team in teams], axis=0)
        scores["two", decoding, "lost", name] = np.mean(
            [vote.right(_team(len(place), *team)) for team in teams], axis=0
        )
    return scores


def _silent(pool: Pool) -> Scores:
    """Copies of a model at temperature zero: sixteen say what one says."""
    return {("alike sixteen", "zero", "lost"): _alone(pool.pilot).mean(axis=1)}


def _of_pairs(pilot: Pilot) -> Scores:
    """Every pair of the models beside sixteen of them."""
    vote = DeFinetti(pilot, seed=SEED)
    sixteen = [vote.right(16 * row) for row in np.eye(3, dtype=int)]
    scores: Scores = {}
    for a, b in PAIRS:
        scores["pair", "two", a, b] = vote.right(_team(3, a, b))
        scores["pair", "one", a, b] = _alone(pilot)[:, [a, b]].mean(axis=1)
        scores["pair", "alike", a, b] = (sixteen[a] + sixteen[b]) / 2
        scores["pair", "better", a, b] = best_of([sixteen[a], sixteen[b]])
        scores["pair", "mixed", a, b] = vote.right(_team(3, *[a, b] * 8))
    return scores


def _of_sizes(pool: Pool, layers: Sequence[str]) -> Scores:
    """Votes of two layers, of one model and of all, at the sizes that the pool holds, averaged over the first dealt."""
    vote = DeFinetti(pool.pilot, seed=SEED)
    copies = int(vote.recorded.min())
    models, personas = tuple(dict.fromkeys(pool.models)), tuple(dict.fromkeys(pool.personas))
    place = {who: at for at, who in enumerate(zip(pool.models, pool.personas, strict=True))}
    scores: Scores = {}
    for n in SIZES:
        shifts = list(product(range(len(models)), range(len(personas))))
        one = [_dealt(n, models[by : by + 1], personas, turn, place) for by, turn in shifts]
        all_ = [_dealt(n, models[by:] + models[:by], personas, turn, place) for by, turn in shifts]
        for layer, teams in zip(layers, (one, all_), strict=True):
            if np.max(teams) <= copies:
                right = {tuple(team): vote.right(team) for team in teams}
                scores[layer, n] = np.mean([right[tuple(team)] for team in teams], axis=0)
                if layer == "L1":
                    scores["best", n] = best_of(list(right.values()))
    return scores


def _dealt(n: int, models: Sequence[str], personas: Sequence[str], turn: int, place: Mapping[Any, int]) -> list[int]:
    """Agents of each configuration in a team that is dealt round-robin, beginning with one of the personas."""
    who = [(models[i % len(models)], personas[(i + turn) % len(personas)]) for i in range(n)]
    return _team(len(place), *[place[each] for each in who])


def _members(runs: Mapping[str, Pool], left: Sequence[int]) -> Iterator[Row]:
    """What every configuration does alone, and sixteen of it."""
    for name, pool in runs.items():
        vote, recorded = DeFinetti(pool.pilot, seed=SEED), pool.pilot.recorded
        for b, (model, persona) in enumerate(zip(pool.models, pool.personas, strict=True)):
            alone = _alone(pool.pilot)[:, b]
            yield {
                "run": name,
                "model": model,
                "persona": persona,
                "in_pair": model in [runs["sums"].models[m] for m in left],
                **_mean("one", alone),
                "unreadable": float((pool.pilot.missing[:, b] / recorded[:, b]).mean()),
                **(
                    _mean("sixteen", vote.right(_team(len(pool.models), *[b] * 16)))
                    if name == "sums"
                    else _none("sixteen")
                ),
                "copies": int(recorded[:, b].min()),
                "questions": len(alone),
            }


# Tables that the simulator and the real models share.


def _mean(name: str, scores: Floats) -> Row:
    found = bootstrap_means(scores[:, None], seed=SEED, resamples=RESAMPLES)
    return {name: found.value[0], f"{name}_low": found.low[0], f"{name}_high": found.high[0]}


def _none(name: str) -> Row:
    return {name: None, f"{name}_low": None, f"{name}_high": None}


def _delta(a: Floats, b: Floats) -> Row:
    """Mean of a − b, its interval, and the smallest difference that would be found with a power of 80 %."""
    found, differences = paired_delta(a, b, seed=SEED, resamples=RESAMPLES), (a - b)[np.isfinite(a - b)]
    reach = POWER * float(differences.std(ddof=1)) / math.sqrt(len(differences))
    ends = {"value": found.value, "low": found.low, "high": found.high, "detectable": reach}
    return {name: 0.0 if abs(end) < ROUNDING else end for name, end in ends.items()} | {"units": len(differences)}


def _named(name: str, found: Row) -> Row:
    """A value with its interval in columns of this name."""
    return {name: found["value"], f"{name}_low": found["low"], f"{name}_high": found["high"]}


DRAWN, SIXTEEN = ("drawn", "lost"), "alike sixteen"
STEPS: tuple[tuple[str, str, Key, Key], ...] = (
    ("described", "all at temperature zero", ("two", "zero", "lost", "left"), (SIXTEEN, "zero", "lost")),
    ("scripted", "two at zero, sixteen drawn", ("two", "zero", "lost", "left"), (SIXTEEN, *DRAWN)),
    ("decoding", "equal decoding", ("two", *DRAWN, "left"), (SIXTEEN, *DRAWN)),
    ("personas", "no personas", ("plain two", *DRAWN, "left"), (SIXTEEN, *DRAWN)),
    ("pool", "same pool", ("plain two", *DRAWN, "all"), (SIXTEEN, *DRAWN)),
    ("parsing", "all readable", ("plain two", "drawn", "read", "all"), (SIXTEEN, "drawn", "read")),
    ("best", "against the best member", ("plain two", "drawn", "read", "all"), ("best sixteen", "drawn", "read")),
    ("budget", "against two alike", ("plain two", "drawn", "read", "all"), ("alike two", "drawn", "read")),
)
"""Name, words, the two diverse agents, and what they are held against. From ``scripted`` to ``parsing`` each step keeps
what the one before it made equal; the last two change what is compared with."""


def ladder(arm: Arm) -> Iterator[Row]:
    """Two less sixteen at each step; what the step took off; and the parts of the difference, which add up to it."""
    s = arm.scores
    for at, (step, words, two, sixteen) in enumerate(STEPS):
        if two not in s or sixteen not in s:
            continue
        before = STEPS[at - 1] if step in ("decoding", "personas", "pool", "parsing") else None
        taken = _none("taken")
        if before is not None and before[2] in s:
            taken = _named("taken", _delta(s[before[2]] - s[before[3]], s[two] - s[sixteen]))
        yield {
            "arm": arm.name,
            "step": step,
            "words": words,
            **{
                name: float(s[of][np.isfinite(s[two] - s[sixteen])].mean())
                for name, of in (("two", two), ("sixteen", sixteen))
            },
            **_delta(s[two], s[sixteen]),
            **taken,
            **_parts(s, two, sixteen),
        }


def _parts(s: Scores, two: Key, other: Key) -> Row:
    """Who is in the pair + rescue of what cannot be read − what the others gain by voting = two − the others."""
    members, pool = s[_single(two)], s["plain one", *other[1:3], "all"] if other[1] == "drawn" else s[_zero_pool(s)]
    here = np.isfinite(s[two] - s[other])
    parts = {"members": members - pool, "rescue": s[two] - members, "voting": s[other] - pool}
    return {name: float(part[here].mean()) for name, part in parts.items()}


def _single(two: Key) -> Key:
    return ("plain one" if two[0] == "plain two" else "one", *two[1:])


def _zero_pool(s: Scores) -> Key:
    plain = ("plain one", "zero", "lost", "all")
    return plain if plain in s else (SIXTEEN, "zero", "lost")


def conditions(arm: Arm) -> Iterator[Row]:
    """Every combination of decoding, parsing and pool."""
    s = arm.scores
    for decoding, parsing, pool in product(("described", "scripted", "equal"), ("lost", "read"), ("left", "all")):
        two = s["two", "drawn" if decoding == "equal" else "zero", parsing, pool]
        sixteen = s[SIXTEEN, "zero" if decoding == "described" else "drawn", parsing]
        yield {"decoding": decoding, "parsing": parsing, "pool": pool, **_delta(two, sixteen)}


def by_size(arm: Arm) -> Iterator[Row]:
    """Accuracy by layer and size, and what it is above as many equal agents, and above as many of the best member."""
    for layer, n in product(("L1", "L2", "L3", "L4", "best"), SIZES):
        if (layer, n) not in arm.scores:
            continue
        here = arm.scores[layer, n]
        shown = "yes" if n in SHOWN else "no"
        row = {"arm": arm.name, "layer": layer, "n": n, "shown": shown, **_mean("accuracy", here[np.isfinite(here)])}
        for name in ("L1", "best"):
            found = _none("") if layer == name else _named("", _delta(here, arm.scores[name, n]))
            row |= {f"above_{name}{end}": value for end, value in found.items()}
        yield row


def matches(arm: Arm) -> Iterator[Row]:
    """The agents that each layer needs to match sixteen alike, and sixteen of the best member."""
    for layer in ("L2", "L3", "L4"):
        sizes = [n for n in SIZES if (layer, n) in arm.scores]
        if not sizes:
            continue
        curve = np.stack([arm.scores[layer, n] for n in sizes], axis=1)
        references = {"sixteen alike": arm.scores["L1", 16], "sixteen of the best": arm.scores["best", 16]}
        for name, found in n_match(sizes, curve, references, seed=SEED, resamples=RESAMPLES).items():
            ends = {"value": found.size, "low": found.low, "high": found.high}
            shown = {key: None if math.isinf(end) else end for key, end in ends.items()}
            at_two = float((found.drawn <= 2).mean())
            yield {
                "arm": arm.name,
                "layer": layer,
                "reference": name,
                **shown,
                "p_match": found.p_match,
                "p_two": at_two,
            }


def even(arm: Arm) -> Iterator[Row]:
    """What the agent adds that makes a vote of equal agents even, and what the next one adds."""
    curves = {"two options": "binary", "four options" if arm.name == "simulator" else "numbers": "L1"}
    for answers_, name in curves.items():
        for n in (2, 4):
            if (name, n) not in arm.scores:
                continue
            made_even = _delta(arm.scores[name, n], arm.scores[name, n - 1])
            made_odd = _delta(arm.scores[name, n + 1], arm.scores[name, n])
            yield {
                "arm": arm.name,
                "answers": answers_,
                "n": n,
                **{key: made_even[key] for key in ("value", "low", "high")},
                **_named("next", made_odd),
            }


def pairs(arm: Arm, members: Sequence[Row]) -> Iterator[Row]:
    """Every pair of real models, against four references."""
    names = [row["model"] for row in members if row["run"] == "sums"]
    for a, b in PAIRS:
        two, mixed = (arm.scores["pair", which, a, b] for which in ("two", "mixed"))
        against = {
            "sixteen of any": (two, arm.scores[SIXTEEN, *DRAWN]),
            "sixteen of the two": (two, arm.scores["pair", "alike", a, b]),
            "sixteen of the better": (two, arm.scores["pair", "better", a, b]),
            "mixed, sixteen of the two": (mixed, arm.scores["pair", "alike", a, b]),
            "mixed, sixteen of the better": (mixed, arm.scores["pair", "better", a, b]),
        }
        for name, (team, reference) in against.items():
            yield {"pair": f"{names[a]}, {names[b]}", "against": name, **_delta(team, reference)}


def design(arms: Sequence[Arm]) -> list[Row]:
    """The sizes of the study, in one row."""
    sizes: Row = {
        "worlds": WORLDS,
        "questions": QUESTIONS,
        "simulated": WORLDS * QUESTIONS,
        "options": OPTIONS,
        "laws": LAWS,
        "resamples": RESAMPLES,
        **{f"unreadable_{m}": rate for m, rate in enumerate(FAILURES, start=1)},
        "level": 0.95,
        "power": 0.8,
        "copies": max(SIZES),
        "third": 3,
        "nothing": 0,
        "real": len(arms) - 1,
    }
    for arm in arms[1:]:
        sizes["real_questions"] = len(arm.scores["L1", 1])
        dressed = arm.scores.get(("L4", 2))
        sizes["persona_questions"] = 0 if dressed is None else int(np.isfinite(dressed).sum())
    return [sizes]


def answers(ladders: Sequence[Row], sizes: Sequence[Row]) -> Iterator[Row]:
    """The rows of the front page."""
    for arm, measured in (("simulator", "simulator, known truth"), ("real models", "three real models on a CPU")):
        steps = {row["step"]: row for row in ladders if row["arm"] == arm}
        asked = "Do two diverse agents match sixteen alike in a vote?"
        places = {"parsing": "with decoding, pool and parsing equal", "described": "where all is at temperature zero"}
        for step, where in places.items():
            if step in steps:
                row = steps[step]
                text = f"{_told(row).capitalize()} {where}"
                yield {"question": asked, "answer": text, **_ends(row, "value"), "form": "points", "measured": measured}
        teams = {(row["layer"], row["n"]): row for row in sizes if row["arm"] == arm}
        if ("L4", 16) in teams:
            large, three = teams["L4", 16], teams["L4", 3]
            text = "Yes" if large["above_L1_low"] > 0 else "Not outside the noise"
            text += ", and from the third agent on" if three["above_L1_low"] > 0 else ""
            text += f"; two and two alike: {_told(teams['L4', 2], 'above_L1')}"
            asked = "Are diverse voters better than as many alike?"
            yield {
                "question": asked,
                "answer": text,
                **_ends(large, "above_L1"),
                "form": "points",
                "measured": measured,
            }


def _ends(row: Row, name: str) -> Row:
    low, high = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
    return {"value": row[name], "low": row[low], "high": row[high]}


def _told(row: Row, name: str = "value") -> str:
    """What the interval of a difference says."""
    found = _ends(row, name)
    return standing(found["low"], found["high"])


# Figures.


def draw(out: Path, ladders: Sequence[Row], sizes: Sequence[Row]) -> None:
    """The ladder, and what diversity adds at equal size."""
    arms = list(dict.fromkeys(row["arm"] for row in ladders))
    order = [words for _, words, _, _ in STEPS]
    write_figure(
        out, "ladder", *[_ladder([row for row in ladders if row["arm"] == arm], arm, order) for arm in arms], columns=1
    )
    shown = [row for row in sizes if row["layer"] in ("L2", "L3", "L4", "best")]
    write_figure(out, "sizes", *[_sizes([row for row in shown if row["arm"] == arm], arm) for arm in arms])


def _ladder(rows: Sequence[Row], title: str, order: Sequence[str]) -> alt.LayerChart:
    points = [{key: 100 * row[key] for key in ("value", "low", "high")} | {"words": row["words"]} for row in rows]
    y = alt.Y("words:N", sort=list(order), title=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(data(points)).encode(y=y)
    axis = alt.X("low:Q", title="two diverse less sixteen alike, points (95 % interval)")
    bars = base.mark_rule(strokeWidth=2, color=LIGHT["series"][1]).encode(x=axis, x2="high:Q")
    dots = base.mark_point(filled=True, size=60, color=LIGHT["series"][1]).encode(x="value:Q")
    zero = alt.Chart(data([{"x": 0}])).mark_rule(strokeDash=[4, 3], color=LIGHT["muted"]).encode(x="x:Q")
    return (zero + bars + dots).properties(title=title, width=430, height=26 * len(rows))


def _sizes(rows: Sequence[Row], title: str) -> alt.LayerChart:
    names = {"L2": "L2 personas", "L3": "L3 models", "L4": "L4 both", "best": "best model alone"}
    points = [
        {"n": row["n"], "who": names[row["layer"]]}
        | {key: 100 * row[f"above_L1{end}"] for key, end in (("value", ""), ("low", "_low"), ("high", "_high"))}
        for row in rows
    ]
    scale = alt.Scale(domain=list(names.values()), range=list(LIGHT["series"][1:5]))
    x = alt.X(
        "n:Q", title="agents in either team", scale=alt.Scale(type="log", base=2), axis=alt.Axis(values=list(SIZES))
    )
    who = alt.Color("who:N", title=None, scale=scale, legend=alt.Legend(orient="bottom", columns=2))
    base = alt.Chart(data(points)).encode(x=x, color=who)
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="above as many alike, points"), y2="high:Q")
    line = base.mark_line(point=True).encode(y="value:Q", strokeDash=alt.StrokeDash("who:N", legend=None))
    zero = alt.Chart(data([{"y": 0}])).mark_rule(strokeDash=[4, 3], color=LIGHT["muted"]).encode(y="y:Q")
    return (zero + band + line).properties(title=title, width=270, height=230)
