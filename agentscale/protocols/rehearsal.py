"""Plays a protocol with made-up replies, so that its calls are known before the first is made. Nothing is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from agentscale.protocols.base import InteractionProtocol
from agentscale.randomness import keyed
from agentscale.schema.agents import Team
from agentscale.schema.calls import ANSWER_MARK, UNHEARD, Batch, Call, Completion, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Speaker = Callable[[int, Call], Reply]
"""What is replied to a call of a round."""


def rehearse(play: Play, speak: Speaker) -> Iterator[tuple[int, Call]]:
    """Every call that ``play`` asks for, with its round, when ``speak`` replies.

    Of a race all calls are given, and the play goes on with the shortest prefix that settles it, as in a run.
    """
    replies: list[Reply] | None = None
    round_index = -1
    while True:
        try:
            asked = next(play) if replies is None else play.send(replies)
        except StopIteration:
            return
        batch = asked if isinstance(asked, Batch) else Batch(tuple(asked))
        round_index = batch.round_after(round_index)
        for call in batch.calls:
            yield round_index, call
        replies = _settling(batch, [speak(round_index, call) for call in batch.calls])


def _settling(batch: Batch, replies: Sequence[Reply]) -> list[Reply]:
    ends = range(1, len(replies)) if batch.until is not None else ()
    return list(next((replies[:end] for end in ends if batch.until and batch.until(replies[:end])), replies))


def count_calls(protocol: InteractionProtocol, team: Team, graph: nx.DiGraph, question: Question | None = None) -> int:
    """The calls of one trial at most, by playing it to its greatest length: exact where the schedule is fixed.

    Args:
        protocol: Whose calls.
        team: The agents.
        graph: Who reads whom.
        question: One that opens a chain; what else is asked changes no number.
    """
    return sum(1 for _ in slots_asked(protocol, team, graph, question))


def slots_asked(
    protocol: InteractionProtocol,
    team: Team,
    graph: nx.DiGraph,
    question: Question | None = None,
    chance: np.random.Generator | None = None,
) -> Iterator[str]:
    """Who is asked in one trial that is played to its greatest length, once for every call.

    Args:
        protocol: Whose calls.
        team: The agents.
        graph: Who reads whom.
        question: One that opens a chain or a world; what else is asked changes no number.
        chance: That of the trial: in a world, who is asked may hang on it.
    """
    about = question or Question(sample_id="count", prompt="?", choices=("yes", "no"))
    play = protocol.longest(team, graph, about, chance or keyed(0, "count_calls"))
    return (call.slot for _, call in rehearse(play, _differing))


def _differing(round_index: int, call: Call) -> Reply:
    """A readable reply that no other call gets."""
    own = "/".join(map(str, (round_index, call.slot, call.role, call.turn, call.step, call.attempt)))
    return Reply(call, key=own, completion=Completion(f"{ANSWER_MARK} {own}", UNHEARD), answer=own, missing=None)


def is_unheard(reply: Reply) -> bool:
    """Whether a reply stands for one that nobody has heard yet, in a rehearsal."""
    return reply.completion is not None and reply.completion.finish == UNHEARD
