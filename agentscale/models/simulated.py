"""The chat door of the simulator: a model of a world, asked in words.

The answers are those of `agentscale.simulation.World`, whose array door gives the same votes for the seats that
`SimulatedModel.seat` makes of slots, the question ids of `question_id` and the run's seed. Sampling settings change no
draw, whatever the temperature or the endpoint seed: what agents share is the world's parameter ``fresh``. Only
``max_tokens`` and ``stop`` are honoured, which cut the text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from agentscale.models.attitudes import probed
from agentscale.models.base import TOKENS_PER_WORD, Answered, estimated_usage, truth_of
from agentscale.models.handling import before_tools, tool_use
from agentscale.models.leading import redirected, steered, wanted
from agentscale.models.possible import Possible, checked_target, possible_answers
from agentscale.models.wording import worded
from agentscale.randomness import keyed
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import (
    ATTITUDES,
    CONFIDENCE_MARK,
    SIZE_MARK,
    VERDICT_MARK,
    CallId,
    ChatRequest,
    Completion,
    Message,
    Usage,
)
from agentscale.schema.experiment import Attitude
from agentscale.schema.run import QuestionRecord
from agentscale.schema.tools import CALLING
from agentscale.simulation import MISSING, Given, Moment, Seat, World


class SimulatedModel:
    """One model of a world.

    Args:
        name: The model's name in the experiment file, with which its slots begin.
        model: Which model of the world.
        world: The world.
        truth: The questions with their targets, by (task digest, sample id).
        tool_rate: How often an agent that has tools uses one before it answers.
        attitude: What agents say to probes; without it they answer them like the question.

    Raises:
        SpecError: where a target cannot be placed among possible answers.
    """

    def __init__(
        self,
        name: str,
        model: int,
        world: World,
        truth: Mapping[tuple[str, str], QuestionRecord],
        tool_rate: float = 0.0,
        attitude: Attitude | None = None,
    ) -> None:
        for record in truth.values():
            checked_target(record)
        self.name = name
        self.model = model
        self.world = world
        self.truth = truth
        self.tool_rate = tool_rate
        self.identity: dict[str, Any] = {"simulated": world.parameters.model_dump(mode="json"), "model": model}
        if tool_rate:
            self.identity["tool_rate"] = tool_rate
        self.attitude = attitude
        if attitude is not None:
            self.identity["attitude"] = attitude.model_dump(mode="json")
        self._possible: dict[str, Possible] = {}
        self._given = lru_cache(2**14)(world.answer)  # a debate comes back to the answers of its first round

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The answer of the agent of the call; see `answer`."""
        return self.answer(request, call)

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """The answer of the agent of the call: `answered`, as the request's caps leave it.

        Raises:
            EndpointError: where the question is not one of the run's.
        """
        if request.tools or request.messages[-1].role == "tool":
            wanted = tool_use(request, call, self.tool_rate)
            if wanted is not None:
                return Answered(Completion(wanted, CALLING, estimated_usage(request, wanted)))
            return Answered(completion(request, self.answered(before_tools(request), replace(call, step=0))))
        return Answered(completion(request, self.answered(request, call)))

    async def aclose(self) -> None:
        """Nothing is held."""

    def answered(self, request: ChatRequest, call: CallId) -> str:
        """The whole text of an answer.

        In the first round, and where an agent has nothing of its own that can be read, it draws its answer. Later it
        starts from its last message and may take over an answer that stands behind a mark in the last user message
        (`World.revise`). So does a judge, from an answer of its own. Who is to check a reply draws its own answer, and
        its verdict is whether they are the same. Who leads draws how, and to whom work goes back (`leading`). A
        confidence that is asked for is drawn, and says nothing of being right.
        """
        record = truth_of(call, self.truth)
        possible = self.possible(record)
        seat, moment = self.seat(call.slot), moment_of(call)
        if self.attitude is not None and call.role in ATTITUDES:
            default = keyed(self.world.parameters.seed, "default attitude", self.model, question_id(record))
            return probed(self.attitude, seat.persona, default, call)
        speaks_first = call.round == 0 and call.turn == 0 and call.role == "agent"
        own, peers = (None, []) if speaks_first else _quoted(request.messages, record, possible)
        before = moment if own is None else replace(moment, round=0)
        given = self._given(question_id(record), len(possible.labels), seat, before)
        # Another kind of model may have said a number that this world would not: it gets a wrong option of its own.
        labels = list(dict.fromkeys([*possible.labels, *([own] if own else []), *peers]))
        asked = wanted(_last(request.messages, "user"))
        if SIZE_MARK in asked:
            return steered(asked, call)
        if VERDICT_MARK in asked:
            return redirected(asked, call, self._checked(record, seat, given, labels, peers))
        held = given.answer if own is None else labels.index(own)
        read = [labels.index(peer) for peer in peers]
        answer = self.world.revise(question_id(record), seat, held, read, moment) if read else held
        label = None if answer == MISSING else labels[answer]
        text = self.said(record, seat, given, label, changed=None if own is None else answer != held)
        return _sure(text, given) if CONFIDENCE_MARK in asked else text

    def _checked(
        self, record: QuestionRecord, seat: Seat, given: Given, labels: Sequence[str], proposed: Sequence[str]
    ) -> str:
        """What the agent would have answered itself, and whether the last answer that was proposed is that."""
        label = None if given.answer == MISSING else labels[given.answer]
        agrees = label is not None and proposed[-1:] == [label]
        verdict = "correct" if agrees else "incorrect"
        return f"{self.said(record, seat, given, label, changed=None)}\n{VERDICT_MARK} {verdict}"

    def said(self, record: QuestionRecord, seat: Seat, given: Given, label: str | None, changed: bool | None) -> str:
        """An answer in words; see `worded`.

        Args:
            record: The question.
            seat: Who speaks.
            given: How the agent reasons.
            label: What it says; ``None`` where that cannot be read.
            changed: In a revision, whether it was taken over from another agent.
        """
        return worded(
            prompt=record.prompt,
            channel=given.channel,
            model=self.model,
            persona=seat.persona,
            wording=given.wording,
            changed=changed,
            label=label,
            found=_meaning(label, record),
        )

    def odds(self, record: QuestionRecord, slot: str) -> dict[str, float]:
        """How likely one more agent of the slot's configuration gives each possible answer of its own.

        What is left to 1 cannot be read.
        """
        labels, seat, name = self.possible(record).labels, self.seat(slot), [question_id(record)]
        facts = self.world.ground.questions(name, len(labels))
        habits = self.world.ground.habits(name, seat.model, seat.persona)
        law = self.world.law(facts, habits, seat.model, seat.persona)[0]
        return dict(zip(labels, law.tolist(), strict=True))

    def seat(self, slot: str) -> Seat:
        """The world's seat of a slot ``model/persona/copy``; ``-`` is no persona.

        What follows an ``@`` tells apart members of unequal sampling, which plays no part in the world.
        """
        config, _, copy = slot.rpartition("/")
        persona = config.removeprefix(f"{self.name}/") if config.startswith(f"{self.name}/") else "-"
        persona = persona.partition("@")[0]
        return Seat(config, self.model, None if persona == "-" else persona, int(copy) if copy.isdecimal() else 0)

    def possible(self, record: QuestionRecord) -> Possible:
        """The possible answers of a question; the world's option ``i`` is ``labels[i]``."""
        known = self._possible.get(question_id(record))
        if known is None:
            parameters = self.world.parameters
            known = possible_answers(record, n_open=parameters.open_options, seed=parameters.seed)
            self._possible[question_id(record)] = known
        return known


def question_id(record: QuestionRecord) -> str:
    """The name of a question in the world: ``task/sample``."""
    return f"{record.task}/{record.sample_id}"


def moment_of(call: CallId) -> Moment:
    """When a call is made. A plain call of an agent has no mark, whatever its body."""
    apart = (call.role, call.turn, call.step, call.attempt, call.salt)
    mark = "" if apart == ("agent", 0, 0, 0, "") else "/".join(map(str, apart))
    return Moment(call.seed, call.replicate, call.round, mark)


def _quoted(messages: Sequence[Message], record: QuestionRecord, possible: Possible) -> tuple[str | None, list[str]]:
    """The agent's own last answer, and those that the last user message quotes beside the question itself."""
    own = possible.read(_last(messages, "assistant"))
    peers = possible.read(_last(messages, "user").replace(record.prompt, ""))
    return (own[-1] if own else None), peers


def _last(messages: Sequence[Message], role: str) -> str:
    spoken: Iterator[str] = (message.content for message in reversed(messages) if message.role == role)
    return next(spoken, "")


def _sure(text: str, given: Given) -> str:
    """The text with a confidence from 50 to 99 before its last line, which is the answer's mark if it has one."""
    before, line, last = text.rpartition("\n")
    return f"{before}{line}{CONFIDENCE_MARK} {50 + int(50 * given.wording)}\n{last}"


def _meaning(label: str | None, record: QuestionRecord) -> str:
    if label is None:
        return ""
    return record.choices[ord(label) - ord("A")] if record.choices else label


def completion(request: ChatRequest, text: str) -> Completion:
    """The text as the request's caps leave it, with estimated usage."""
    text = _stopped(text, request.sampling)
    usage = estimated_usage(request, text)
    cap = request.sampling.max_tokens
    if cap is None or usage.tokens_out is None or usage.tokens_out <= cap:
        return Completion(text, "stop", usage)
    words = re.finditer(r"\S+\s*", text)
    kept = "".join(word[0] for word, _ in zip(words, range(math.floor(cap / TOKENS_PER_WORD)), strict=False))
    return Completion(kept.rstrip(), "length", Usage(usage.tokens_in, cap))


def _stopped(text: str, sampling: Sampling) -> str:
    found = [place for stop in sampling.stop if stop and (place := text.find(stop)) >= 0]
    return text[: min(found)] if found else text
