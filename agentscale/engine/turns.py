"""A turn of an agent that has tools: it is asked, what it wants used is used, and it is asked again, until it answers.

Every step is a call of its own, and so is every use of a tool: both are recorded, and told apart by their step. A use
of a tool that the agent has not, or arguments that do not fit, are answered with the error. After the last step that
is allowed the agent is told so; if it wants more even then, its turn ends without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from agentscale.engine.recorder import Ask, Recorder
from agentscale.engine.tooling import WENT_WRONG, backend_name, use_digest
from agentscale.recording import Answer
from agentscale.schema.calls import Call, ChatRequest, Completion, Failure, Message, Usage
from agentscale.schema.tools import CALLING, MOST_BYTES, MOST_CALLS, ToolCall, cut, split_calls, with_calls

LAST = "This was the last use of tools in this turn: answer now."


class Use(NamedTuple):
    """One use of a tool, as it came out."""

    key: str
    text: str
    """What the agent is told."""
    ok: bool


class Step(NamedTuple):
    """An answer on the way, and what was used because of it."""

    call: Call
    key: str
    completion: Completion
    uses: tuple[Use, ...]


class Turn(NamedTuple):
    """What became of one call of a protocol."""

    ask: Ask
    """Of the last step."""
    answer: Answer
    steps: tuple[Step, ...] = ()
    """What went before it."""


Play = Generator[Ask, Answer, Turn]
"""A turn at work."""


class Wanted(NamedTuple):
    """What an answer wants used."""

    text: str
    """What it says beside."""
    calls: tuple[ToolCall, ...]
    """The first `MOST_CALLS`."""
    n_more: int


def wanted(ask: Ask, answer: Answer) -> Wanted | None:
    """What is to be used before the agent can answer; ``None`` where it has answered, failed, or has no tools."""
    if not ask.agent.tools or answer.completion is None or answer.completion.finish == "length":
        return None
    said = split_calls(answer.completion.text)
    if not said.calls:
        return None
    return Wanted(said.text, said.calls[:MOST_CALLS], max(0, len(said.calls) - MOST_CALLS))


def next_call(call: Call, want: Wanted, results: Sequence[str], *, is_last: bool) -> Call:
    """The call of the next step: all that was said so far, and what came of it."""
    room = MOST_BYTES // len(results)
    told = [cut(result, room) for result in results]
    notes = [f"{want.n_more} further uses were left out; allowed: {MOST_CALLS} at once."] if want.n_more else []
    told[-1] = "\n\n".join([told[-1], *notes, *([LAST] if is_last else [])])
    said = Message("assistant", with_calls(want.text, want.calls))
    return replace(call, messages=(*call.messages, said, *[Message("tool", text) for text in told]), step=call.step + 1)


def turn(call: Call, ask: Ask, asking: Callable[[Call], Ask], most_steps: int) -> Play:
    """One turn, as a generator: it yields what is to be asked, and is sent what came back.

    Args:
        call: What the protocol wants asked.
        ask: The same, with its identity.
        asking: Gives the ask of a later step's call.
        most_steps: How often tools may be used.
    """
    steps: list[Step] = []
    while True:
        answer = yield ask
        want = wanted(ask, answer)
        if want is None or answer.completion is None:
            return Turn(ask, answer, tuple(steps))
        if len(steps) == most_steps:
            return Turn(ask, answer._replace(completion=replace(answer.completion, finish=CALLING)), tuple(steps))
        uses: list[Use] = []
        for each in want.calls:
            use = use_ask(ask, each)
            uses.append(told(use, (yield use)) if has_tool(ask, each) else unknown(ask, each, use.key))
        steps.append(Step(call, ask.key, answer.completion, tuple(uses)))
        call = next_call(call, want, [use.text for use in uses], is_last=len(steps) == most_steps)
        ask = asking(call)


async def played(recorder: Recorder, turn: Play) -> Turn:
    """Plays one turn to its end.

    Raises:
        BrokenOff: A call may not be made.
        RecordingMiss: In replay, at the first step or use that was never recorded.
    """
    ask = next(turn)
    while True:
        answer = await recorder.ask(ask)
        try:
            ask = turn.send(answer)
        except StopIteration as stop:
            ended: Turn = stop.value
            return ended


def recalled(known: Callable[[str], Answer | None], turn: Play) -> Turn | None:
    """One turn as it was recorded; ``None`` where a step or a use of it is not known."""
    ask = next(turn)
    while True:
        answer = known(ask.key)
        if answer is None:
            return None
        try:
            ask = turn.send(answer)
        except StopIteration as stop:
            ended: Turn = stop.value
            return ended


def has_tool(ask: Ask, call: ToolCall) -> bool:
    """Whether the agent has the tool that it wants."""
    return any(tool.name == call.name for tool in ask.agent.tools)


def told(use: Ask, answer: Answer) -> Use:
    """What the agent is told of a use."""
    if answer.completion is None:
        return Use(use.key, _failure(answer.failure), ok=False)
    return Use(use.key, answer.completion.text, ok=answer.completion.finish != WENT_WRONG)


def _failure(failure: Failure | None) -> str:
    assert failure is not None  # an answer has one of the two
    return f"error: {failure.message}"


def use_ask(ask: Ask, call: ToolCall) -> Ask:
    """A use as a call of its own, of the same step; also where no such tool is there, which then is not asked."""
    tool = next((tool for tool in ask.agent.tools if tool.name == call.name), None)
    body = use_digest(tool, call.arguments) if tool is not None else ""
    use_id = replace(ask.id, role="tool", body=body)
    request = ChatRequest(backend_name(call.name), (Message("assistant", with_calls("", [call])),))
    return Ask(ask.trial, ask.agent, use_id, use_id.key, request)


def unknown(ask: Ask, call: ToolCall, key: str) -> Use:
    """What an agent is told that wants a tool that it has not. Nothing is used, and nothing need be recorded."""
    names = ", ".join(tool.name for tool in ask.agent.tools)
    wrong = f"there is no tool {call.name!r}" if call.name else f"{call.arguments!r:.200} is no use of a tool"
    return Use(key, f"error: {wrong}; allowed: {names}", ok=False)


def usage_of(steps: Sequence[Step], last: Usage) -> Usage:
    """The tokens of a whole turn; unknown where those of a step are."""
    every = [*(step.completion.usage for step in steps), last]
    read, written = [each.tokens_in for each in every], [each.tokens_out for each in every]
    return Usage(_total(read), _total(written))


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def step_events(turn: Turn, round_index: int) -> Iterator[dict[str, Any]]:
    """The fields of the events of all that went before a turn's last step, in order."""
    for step in turn.steps:
        usage = step.completion.usage
        told = (step.completion.text, step.completion.finish, usage.tokens_in, usage.tokens_out)
        yield _event(step.call, round_index, step.key, "step", *told)
        for use in step.uses:
            error = None if use.ok else use.text
            yield {**_event(step.call, round_index, use.key, "tool", use.text, None, 0, 0), "error": error}


def _event(
    call: Call, round_index: int, key: str, role: str, text: str, finish: str | None, *tokens: int | None
) -> dict[str, Any]:
    return {
        "key": key,
        "round": round_index,
        "turn": call.turn,
        "slot": call.slot,
        "role": role,
        "reads": (),
        "text": text,
        "answer": None,
        "missing": None,
        "correct": None,
        "finish": finish,
        "tokens_in": tokens[0],
        "tokens_out": tokens[1],
        "error": None,
        "used": True,
    }
