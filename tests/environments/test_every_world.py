"""What holds of every world: it is pure, it tells nobody what only another may know, and silence does not win.

A world joins by standing in ``WORLDS`` and by its lines in ``CASES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import WORLDS, Environment, Mazes, resolve
from agentscale.environments.mazes.views import drawing, views
from agentscale.protocols import rehearse
from agentscale.protocols.world import PlayWorld
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import Call, Completion, Outcome, Reply
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question
from agentscale.schema.worlds import Heard, Observation, World

Said = str | None
Speaker = Callable[[Observation, int], Said]


def edges_of(graph: nx.Graph) -> tuple[tuple[int, int], ...]:
    return tuple(nx.DiGraph(graph).edges)


class Case(NamedTuple):
    """A world at one size, and what the tests must know of it."""

    world: str
    parameters: Mapping[str, Any]
    n: int
    edges: tuple[tuple[int, int], ...] = ()
    says: Callable[[Any, Observation, str], str] | None = None
    """Words that act in the world and hold a secret, for those who may hear it; from state, view and secret."""
    hears: Callable[[Any, int | str], set[int | str]] = lambda state, who: set()
    """Who may hear now what ``who`` said last, besides itself."""
    private: Callable[[Any], Mapping[int | str, Sequence[str]]] = lambda state: {}
    """Texts that only one may see in this state, by who may."""
    best: str = "solved"
    """The measure that optimal players bring to ``reaches`` and silent ones to ``worst``."""
    reaches: float = 1.0
    worst: float = 0.0

    @property
    def made(self) -> Environment:
        return resolve(Named(name=self.world, parameters=dict(self.parameters)))

    @property
    def label(self) -> str:
        return f"{self.world}-{'-'.join(map(str, self.parameters.values()))}-{self.n}"


def network_says(state: Any, seen: Observation, secret: str) -> str:
    """A message to the first neighbour alone, and an answer that tells nothing."""
    assert isinstance(seen.who, int)
    to = state.names[state.neighbours[seen.who][0]]
    return f'{{"{to}": "{secret}", "Nobody": "{secret}"}}\nFinal answer: Yes'


NETWORKS = [
    Case(
        "network",
        {"problem": problem},
        n,
        edges_of(graph),
        says=network_says,
        hears=lambda state, who: {state.neighbours[who][0]},
    )
    for problem, n, graph in (
        ("coloring", 6, nx.cycle_graph(6)),
        ("consensus", 2, nx.path_graph(2)),
        ("leader_election", 5, nx.path_graph(5)),
        ("matching", 7, nx.cycle_graph(7)),
        ("vertex_cover", 6, nx.star_graph(5)),
    )
]


def books_of(state: Any) -> dict[int | str, list[str]]:
    """The translations that each agent alone holds, where there are as many agents as books."""
    return {agent: [str(code) for code in codes] for agent, codes in enumerate(state.codes)}


def routing_says(state: Any, seen: Observation, secret: str) -> str:
    """A word that hides in a forwarding: nobody is told what was said of it."""
    return f"{secret}\nAction: forward {state.neighbours(seen.who)[0]}"


ROUTINGS = [
    Case(
        "routing",
        {"books": 3, "train": 6, "test": 3} | learning,
        3,
        edges_of(nx.complete_graph(3)),
        says=routing_says,
        private=books_of,
        best="solved_test",
    )
    for learning in ({}, {"learning": "code"}, {"learning": "frozen", "recall": 0})
]


def maze_private(state: Any) -> Mapping[int | str, Sequence[str]]:
    """The rows of the part of the map that each of the two sees."""
    parts = views(MAZE.maze, 2, MAZE.seed)
    return {seat: drawing(part).splitlines()[1:] for seat, part in enumerate(parts)}


MAZE = Mazes(seed=4, turns=40)
TALKS = [
    Case("mazes", {"seed": 1}, 1),
    Case(
        "mazes",
        {"seed": 4, "turns": 40},
        2,
        says=lambda state, seen, secret: secret,
        hears=lambda state, who: {1 - who, "grader"},
        private=maze_private,
    ),
    Case("mazes", {"seed": 2, "seats": 3}, 3),
    Case("mazes", {"seed": 3, "hand_over": 1}, 4),
    Case(
        "taboo",
        {"word": "river", "forbidden": ["water"]},
        2,
        says=lambda state, seen, secret: secret if seen.who == 0 else "Guess: sea",
        hears=lambda state, who: {1 - who},
        private=lambda state: {0: ["river"]},
        best="guessed",
    ),
]
GAMES = [
    *(
        Case(
            "matrix_game", {"game": game, "rounds": 3}, 2, says=lambda *seen: f"{seen[-1]} Choice: J", best="efficiency"
        )
        for game in ("prisoners_dilemma", "battle_of_the_sexes", 77, [[[-3, 2.5], [1, 0]], [[0, 0], [0, -1]]])
    ),
    Case(
        "matrix_game",
        {"predict": True},
        2,
        says=lambda *seen: f"{seen[-1]}\nPrediction: J\nChoice: J",
        best="efficiency",
    ),
    *(
        Case("beauty_contest", {"p": p}, n, says=lambda *seen: seen[-1], best="distance", reaches=0.0, worst=1.0)
        for p, n in ((0.5, 2), (0.7, 5))
    ),
]


def commons_says(state: Any, seen: Observation, secret: str) -> str:
    """The reasons for a harvest, which nobody hears; words of a talk, which all do; or notes, which are one's own."""
    return f"{secret}\nNext speaker: nobody" if state.phase == "talk" else f"{secret}\nFinal answer: 10"


def commons_hears(state: Any, who: int | str) -> set[int | str]:
    return set(range(state.n)) if state.phase == "talk" else set()


def commons_notes(state: Any) -> dict[int | str, Sequence[str]]:
    return {who: [note] for who, note in enumerate(state.notes) if note}


COMMONS = [
    Case("commons", {"months": 3}, 3, private=commons_notes, best="efficiency"),
    *(
        Case("commons", parameters, n, says=commons_says, hears=commons_hears, private=commons_notes, best="efficiency")
        for parameters, n in (
            ({"months": 2, "talk": 1, "summary": False, "reflection": False}, 5),
            ({"months": 2, "talk": 0, "framing": "pasture"}, 3),
            ({"months": 4, "talk": 0, "reflection": False, "shocks": ({"month": 3, "newcomer": True},)}, 4),
        )
    ),
]


def donor_says(state: Any, seen: Observation, secret: str) -> str:
    """A strategy, which is kept and told to who has it, or the reasons for a gift, which nobody hears."""
    if state.phase == "strategies":
        return f"Strategy: plan {state.generation}/{seen.who}"
    return f"{secret}\nFinal answer: 0.{seen.who}"


def donor_strategies(state: Any) -> dict[int | str, Sequence[str]]:
    """All that newcomers have not been told of."""
    told = {advice.strategy for advice in state.advice}
    return {
        player.place: [player.strategy] for player in state.players if player.strategy and player.strategy not in told
    }


DONORS = [
    Case("donor_game", parameters, n, says=donor_says, private=donor_strategies, best="efficiency")
    for parameters, n in (
        ({"generations": 1, "rounds": 4}, 6),
        ({"generations": 2, "rounds": 2, "repeat_policy": "error", "punishment": 2.0}, 4),
    )
]


def readers(state: Any, who: int | str) -> set[int | str]:
    """Who reads an individual."""
    return {reader for followed, reader in state.ties.pairs.tolist() if followed == who}


POPULATIONS = [
    Case(
        "population",
        {"steps": 4} | parameters,
        n,
        edges_of(nx.cycle_graph(n)),
        says=lambda state, seen, secret: secret,
        hears=readers,
        private=lambda state: {seed: [state.news] for seed in state.seeds},
        best="spread",
    )
    for n, parameters in (
        (5, {}),
        (6, {"reads": {"rule": "near", "side": 6, "radius": 2.0}}),
        (6, {"reads": "alike"}),
        (8, {"reads": {"rule": "follow", "each": 2, "growth": 0.0}}),
    )
] + [
    Case("population", {"activation": 0.5, "reads": {"rule": "follow", "each": 3, "growth": 0.5}}, 12, best="spread"),
    Case("population", {"archetypes": 2, "individuals": 40, "reads": {"rule": "follow", "each": 3}}, 4, best="spread"),
]
CASES: list[Case] = [*NETWORKS, *POPULATIONS, *ROUTINGS, *TALKS, *GAMES, *COMMONS, *DONORS]
IDS = [case.label for case in CASES]


def played(case: Case, speaker: Speaker, seed: int = 0) -> list[Any]:
    """All states of a play."""
    world, rng = case.made, keyed(seed, "world")
    states = [world.start(case.n, case.edges, rng)]
    while seen := world.observe(states[-1]):
        states.append(world.after(states[-1], [speaker(one, len(states)) for one in seen], rng))
    return states


def team_of(n: int) -> Team:
    return Team(agents=tuple(Agent(slot=f"m/-/{i}", config_id="m/-", copy_index=i, model="m") for i in range(n)))


def by_policy(case: Case, name: str, seed: int = 0) -> Outcome:
    """A play of the protocol in which everybody follows one policy."""
    return by_policies(case, [name] * case.n, seed)


def by_policies(case: Case, names: Sequence[str], seed: int = 0) -> Outcome:
    """A play of the protocol in which each member follows a policy of its own; who plays a part, the first one's."""
    world, outcome = case.made, list[Outcome]()
    graph = nx.DiGraph()
    graph.add_nodes_from(range(case.n))
    graph.add_edges_from(case.edges)
    team = team_of(case.n)
    policies = dict(zip(team.slots, [world.policies[name] for name in names], strict=True))

    def speak(round_index: int, call: Call) -> Reply:
        policy = policies[call.slot]
        said = policy(Heard(world, call.messages, call.role), keyed(seed, round_index, call.slot, call.attempt)).strip()
        return Reply(call, "key", Completion(said), said or None, None if said else "no_answer")

    def caught(play: Any) -> Any:
        outcome.append((yield from play))

    question = Question(sample_id="q", prompt="Go.", world=world)
    for _ in rehearse(caught(PlayWorld().play(team, graph, question, keyed(seed, "play"))), speak):
        pass
    return outcome[0]


def test_every_world_has_a_case() -> None:
    assert {case.world for case in CASES} == set(WORLDS)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_optimal_players_reach_the_optimum_and_silent_ones_a_defined_worst_score(case: Case) -> None:
    assert case.made.unfit(case.n, case.edges) is None
    for seed in range(2):
        best, worst = (by_policy(case, name, seed).states[-1] for name in ("optimal", "silent"))
        won, lost = case.made.score(best), case.made.score(worst)
        assert won.measures[case.best] == pytest.approx(case.reaches)
        assert lost.measures[case.best] == pytest.approx(case.worst)
        assert won.correct in (True, None)
        assert lost.correct in (False, None)
        assert set(won.measures) == set(lost.measures)


@pytest.mark.parametrize("case", CASES, ids=IDS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_the_state_follows_from_seed_and_words_alone_and_any_words_will_do(
    case: Case, seed: int, data: st.DataObject
) -> None:
    words: dict[tuple[Any, int], Said] = {}
    texts = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["{}", "0", "-1", "1e999", "Final answer: x"]))

    def speaker(seen: Observation, turn: int) -> Said:
        return words.setdefault((seen.who, turn), data.draw(texts) if len(words) < 40 else "")

    first, second = played(case, speaker, seed), played(case, lambda seen, turn: words[seen.who, turn], seed)
    assert first == second
    assert [case.made.observe(state) for state in first] == [case.made.observe(state) for state in second]
    score = case.made.score(first[-1])
    assert score == case.made.score(second[-1])
    assert all(value is None or np.isfinite(value) for value in score.measures.values())


@pytest.mark.parametrize("case", CASES, ids=IDS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_nobody_is_told_what_only_another_may_know(case: Case, seed: int) -> None:
    world, rng = case.made, keyed(seed, "world")
    state = world.start(case.n, case.edges, rng)
    for turn in range(30):
        seen = world.observe(state)
        for one in seen:
            text = f"{one.rules}\n{one.text}"
            for owner, secrets in case.private(state).items():
                assert one.who == owner or not [secret for secret in secrets if secret in text]
        if not seen:
            break
        secrets = {one.who: f"secret<{one.who}/{turn}>" for one in seen}
        says = case.says or (lambda state, one, secret: "")
        may = {one.who: {one.who, *case.hears(state, one.who)} for one in seen}
        state = world.after(state, [says(state, one, secrets[one.who]) for one in seen], rng)
        for one in world.observe(state):
            for teller, number in re.findall(r"secret<([^/]+)/(\d+)>", one.text):
                who = int(teller) if teller.isdigit() else teller
                assert int(number) == turn
                assert one.who in may[who], f"{one.who} was told what {who} said"


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_supposed_words_bound_the_rounds_of_every_policy(case: Case) -> None:
    world = case.made

    def rounds(extreme: Any) -> int:
        rng = keyed(0, "world")
        state, n = world.start(case.n, case.edges, rng), 0
        while seen := world.observe(state):
            state, n = world.after(state, world.supposed(state, ["?"] * len(seen), extreme), rng), n + 1
        return n

    for name in world.policies:
        assert rounds("shortest") <= len(by_policy(case, name).states) - 1 <= rounds("longest")


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_a_record_that_reads_back_what_it_writes(name: str) -> None:
    world = next(case.made for case in CASES if case.world == name)
    assert isinstance(world, World)
    assert resolve(Named(name=name, parameters=world.model_dump(mode="json"))) == world
