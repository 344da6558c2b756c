"""The network: synchronous rounds of addressed messages, then one final answer of everybody.

Reference: "AgentsNet: Coordination and collaborative reasoning in multi-agent LLMs", arXiv 2507.08616. Two things are
other than in its code, where they are faults: an answer is read whole, so that Group 10 is not Group 1, and a node of a
cover counts as needed only if an edge needs it, also where the cover leaves other edges out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import PlainValidator

from agentscale.environments.base import Environment, Score
from agentscale.environments.network.names import drawn_names
from agentscale.environments.network.policies import POLICIES
from agentscale.environments.network.problems import PROBLEMS, ProblemName
from agentscale.environments.network.reading import final_answer, messages_of
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.worlds import Edges, Extreme, Observation, Policy

if TYPE_CHECKING:
    import numpy as np

Rounds = Literal["2D+1", "paper"]
_PAPER = {4: 4, 8: 5, 16: 6}
_COUNTED = ("silent", "unreadable", "misaddressed", "sent")


def _rounds(value: object) -> object:
    if value in get_args(Rounds) or (type(value) is int and value >= 1):
        return value
    raise ValueError("a whole number ≥ 1, 2D+1 or paper")


@dataclass(frozen=True, slots=True)
class NetworkState:
    """Where the nodes are in their talk."""

    names: tuple[str, ...]
    neighbours: tuple[tuple[int, ...], ...]
    """Of every node, in order."""
    most_neighbours: int
    """Δ."""
    n_rounds: int
    """Rounds of messages, after which the final answer is asked for."""
    round: int
    """Rounds that are over; ``n_rounds + 1`` once all have given their final answer."""
    inboxes: tuple[Mapping[int, str], ...]
    """What reached every node in the last round, by the neighbour who sent it."""
    answers: tuple[str | None, ...]
    """The final answers; ``None`` where there is none, or none yet."""
    counts: Mapping[str, int]


class Network(Environment):
    """Nodes of a graph solve a problem together by messages to their neighbours.

    The graph is the cell's topology, and must be connected, with edges in both directions. A node is told its own name,
    its neighbours' names, the number of nodes and of rounds, and the messages that were sent to it. All else is
    private: the rest of the graph, and messages between others. Who sends nothing is shown as silent to its neighbour.
    What cannot be read is nothing sent, and a message to somebody who is no neighbour reaches nobody; both are counted.
    """

    name: ClassVar[str] = "network"
    policies: ClassVar[Mapping[str, Policy]] = POLICIES

    problem: ProblemName
    """What is to be solved."""
    rounds: Annotated[int | Rounds, PlainValidator(_rounds)] = "2D+1"
    """Rounds of messages: a number, twice the diameter and one more, or what the paper takes: 4, 5 and 6 for 4, 8 and
    16 nodes, else, as for consensus and leader_election, ``2D+1``."""

    def unfit(self, n: int, edges: Edges) -> str | None:
        """Alone nobody has a neighbour, and news must be able to reach everybody."""
        if n < 2:
            return "needs at least 2 agents"
        if set(edges) != {(v, u) for u, v in edges}:
            return "needs a graph whose edges go both ways, such as ring, small_world or delaunay"
        if diameter(n, tuple(edges)) is None:
            return "needs a connected graph"
        return None

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> NetworkState:
        """Names are drawn; nobody has said anything."""
        beside: list[list[int]] = [[] for _ in range(n)]
        for u, v in edges:
            beside[v].append(u)
        neighbours = tuple(tuple(sorted(each)) for each in beside)
        nothing: tuple[Mapping[int, str], ...] = ({},) * n
        counts = dict.fromkeys(_COUNTED, 0)
        most, n_rounds = max(map(len, neighbours)), self._n_rounds(n, edges)
        return NetworkState(drawn_names(n, rng), neighbours, most, n_rounds, 0, nothing, (None,) * n, counts)

    def observe(self, state: NetworkState) -> tuple[Observation, ...]:
        """Everybody at once: what has reached it, and what it is to say."""
        if state.round > state.n_rounds:
            return ()
        return tuple(
            Observation(
                who, self._view(state, who), rules=self._rules(state, who), reads=tuple(sorted(state.inboxes[who]))
            )
            for who in range(len(state.names))
        )

    def after(self, state: NetworkState, said: Sequence[str | None], rng: np.random.Generator) -> NetworkState:
        """Messages are delivered; or, in the end, answers are taken."""
        if state.round == state.n_rounds:
            answers = tuple(self._answer(state, who, text) for who, text in enumerate(said))
            return replace(state, round=state.round + 1, inboxes=({},) * len(said), answers=answers)
        counts, inboxes = Counter(state.counts), [dict[int, str]() for _ in said]
        for who, text in enumerate(said):
            sent = {} if text is None else messages_of(text)
            if sent is None:
                counts["unreadable"] += 1
            reach = {state.names[node]: node for node in state.neighbours[who]}
            heard = {reach[name]: message for name, message in (sent or {}).items() if name in reach}
            for node, message in heard.items():
                inboxes[node][who] = message
            counts["sent"] += len(heard)
            counts["misaddressed"] += len(sent or {}) - len(heard)
            counts["silent"] += len(reach) - len(heard)
        return replace(state, round=state.round + 1, inboxes=tuple(inboxes), counts=dict(counts))

    def repair(self, state: NetworkState, asked: Observation, said: str) -> str | None:
        """What form is wanted."""
        assert isinstance(asked.who, int)
        if state.round < state.n_rounds:
            wanted = "Your messages could not be read as JSON. Give them again, as one JSON object."
            return wanted if messages_of(said) is None else None
        options = self._options(state, asked.who)
        if final_answer(said, options) is not None:
            return None
        return f'Your answer could not be read. Write "{ANSWER_MARK}" and one of: {", ".join(options)}.'

    def supposed(self, state: NetworkState, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """In the shortest play nobody is sent anything; in the longest, everybody sends all that it says to all."""
        if extreme == "shortest" or state.round == state.n_rounds:
            return [None] * len(unheard)
        return [
            json.dumps({state.names[node]: text for node in state.neighbours[who]}, ensure_ascii=False)
            for who, text in enumerate(unheard)
        ]

    def score(self, state: NetworkState) -> Score:
        """Solved where everybody has answered and the score is 1.

        Measures: ``solved`` (0 or 1), ``score`` of the problem in [0, 1], ``answered`` (share of nodes with a readable
        final answer); of all messages that could have been sent over an edge, the share that were not (``silent``);
        of all replies in which messages were wanted, the share without a JSON object (``unreadable``);
        ``misaddressed`` (messages to somebody who is no neighbour), ``messages`` (those that were delivered).
        """
        n, counts = len(state.names), state.counts
        value = PROBLEMS[self.problem].score(state.answers, state.neighbours, state.names)
        is_solved = None not in state.answers and value == 1
        measures = {
            "solved": float(is_solved),
            "score": value,
            "answered": sum(answer is not None for answer in state.answers) / n,
            "silent": counts["silent"] / max(1, counts["silent"] + counts["sent"]),
            "unreadable": counts["unreadable"] / (n * state.n_rounds),
            "misaddressed": float(counts["misaddressed"]),
            "messages": float(counts["sent"]),
        }
        return Score(is_solved, measures)

    def snapshot(self, state: NetworkState) -> Any:
        """At the end: who is called what, and what each answered."""
        if state.round <= state.n_rounds:
            return None
        return {"names": list(state.names), "answers": list(state.answers)}

    def _n_rounds(self, n: int, edges: Edges) -> int:
        if isinstance(self.rounds, int):
            return self.rounds
        if self.rounds == "paper" and self.problem not in ("consensus", "leader_election") and n in _PAPER:
            return _PAPER[n]
        across = diameter(n, tuple(edges))
        assert across is not None  # `unfit` has seen to it
        return 2 * across + 1

    def _options(self, state: NetworkState, who: int) -> tuple[str, ...]:
        names = tuple(state.names[node] for node in state.neighbours[who])
        return PROBLEMS[self.problem].options(names, state.most_neighbours)

    def _answer(self, state: NetworkState, who: int, text: str | None) -> str | None:
        return None if text is None else final_answer(text, self._options(state, who))

    def _rules(self, state: NetworkState, who: int) -> str:
        beside = [state.names[node] for node in state.neighbours[who]]
        example = json.dumps(dict.fromkeys(beside[:2], "..."))
        problem = PROBLEMS[self.problem]
        return (
            f"You are one of {len(state.names)} agents in a network. Your name is {state.names[who]}. You can send "
            f"messages to your neighbours and to nobody else: {', '.join(beside)}. They in turn have neighbours of "
            f"their own.\n{problem.told(len(self._options(state, who)))}\n"
            f"There are {state.n_rounds} rounds. In each, all agents send their messages at the same time, and get "
            "those of their neighbours before the next. Write your messages as one JSON object of names and texts, "
            f"like this: {example}. Leave a name out to send nothing there.\n"
            f"After the last round you are asked: {problem.question}"
        )

    def _view(self, state: NetworkState, who: int) -> str:
        heard = [self._heard(state, who, node) for node in state.neighbours[who]] if state.round else []
        if state.round < state.n_rounds:
            return "\n".join([*heard, f"Round {state.round + 1} of {state.n_rounds}. Which messages do you send?"])
        options = ", ".join(self._options(state, who))
        question = PROBLEMS[self.problem].question
        ask = f"The rounds are over. {question} Answer with one of: {options}."
        return "\n".join([*heard, ask, f"End with one line like this:\n{ANSWER_MARK} <answer>"])

    def _heard(self, state: NetworkState, who: int, node: int) -> str:
        message = state.inboxes[who].get(node)
        if message is None:
            return f"{state.names[node]} sent you nothing."
        return f"Message from {state.names[node]}: {json.dumps(message, ensure_ascii=False)}"


@lru_cache(maxsize=64)
def diameter(n: int, edges: tuple[tuple[int, int], ...]) -> int | None:
    """The longest of the shortest ways between two of ``n`` nodes; ``None`` where there is no way between some."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    ends = np.array(edges, dtype=int).reshape(-1, 2).T
    graph = csr_array((np.ones(len(edges)), (ends[0], ends[1])), shape=(n, n))
    longest = shortest_path(graph, unweighted=True).max()
    return int(longest) if np.isfinite(longest) else None
