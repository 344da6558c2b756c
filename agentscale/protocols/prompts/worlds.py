"""What somebody is told who acts on a world: the task, the rules, what it remembers, and what it sees now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agentscale.schema.agents import Agent
from agentscale.schema.calls import Call, Message, Reply
from agentscale.schema.tasks import Question
from agentscale.schema.worlds import Observation

_SILENT = "You gave no readable answer."


class Turn(NamedTuple):
    """An earlier turn of a member."""

    text: str
    """What it was told."""
    said: str | None
    """``None`` where no words came."""


def told(agent: Agent, question: Question, seen: Observation, turns: Sequence[Turn]) -> tuple[Message, ...]:
    """The chat of somebody who is asked now: its persona, the task and the rules, its turns, and its view.

    Roles alternate, as endpoints want it: a turn without words is told within the next message.

    Args:
        agent: Who is asked.
        question: What opens the world.
        seen: What it is told now.
        turns: What it remembers, from the first on.
    """
    chat = [] if agent.persona is None else [Message("system", agent.persona.text)]
    waiting = [part for part in (question.prompt, seen.rules) if part]
    for turn in turns:
        waiting.append(turn.text)
        if turn.said is None:
            waiting.append(_SILENT)
        else:
            chat += [Message("user", "\n\n".join(waiting)), Message("assistant", turn.said)]
            waiting = []
    return (*chat, Message("user", "\n\n".join([*waiting, seen.text])))


def again(call: Call, reply: Reply, repair: str, attempt: int) -> Call:
    """A call once more: the whole chat, what was said, and why it could not be read."""
    if reply.answer is None:
        last = call.messages[-1]
        chat = (*call.messages[:-1], Message("user", f"{last.content}\n\n{_SILENT} {repair}"))
    else:
        chat = (*call.messages, Message("assistant", reply.answer), Message("user", repair))
    return replace(call, messages=chat, attempt=attempt)
