"""Checks of answers: what takes a process or a judge to tell is asked like a call, recorded, and found again.

An answer is checked once for its question: equal answers of other agents, replicates and cells have one check. Its
identity holds what is held against what, and no version of a library, so that a replay finds it wherever it runs; which
versions told it stands in the record.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

from agentscale.engine.design import Trial
from agentscale.engine.recorder import Ask
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import Answered, Model
from agentscale.recording import Answer
from agentscale.schema.agents import Agent
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message, Reply, Usage
from agentscale.schema.programs import ProgramTests
from agentscale.schema.record import digest
from agentscale.schema.run import QuestionRecord, TaskHead
from agentscale.scoring.checks import Checked, MathChecker, check_program, checked_at_once
from agentscale.scoring.checks import maths as mathematics
from agentscale.tools import sandbox

Work = Callable[[str, str], Checked]
"""How an answer stands against what is held against it: an expression, or the tests of a program as JSON."""

VERSIONS = {"math": 1, "code": 1}
"""Of each kind of check; a new one whenever it may say something else."""


def backend_name(kind: str) -> str:
    """The name under which a check stands among the models of a run; no model's name has a slash."""
    return f"check/{kind}"


class Wanted(NamedTuple):
    """A check that is to be made."""

    id: CallId
    request: ChatRequest


class Checks(Protocol):
    """What tells whether the answers of a task are right, where that takes a call."""

    def ask(self, trial: Trial, reply: Reply, record: QuestionRecord) -> Ask | Checked:
        """What is to be asked to have a reply's answer checked; the check itself, where that can be told at once."""
        ...

    def told(self, reply: Reply, answer: Answer) -> Checked:
        """What the check of a reply's answer came to that was asked for."""
        ...


class ProcessChecks:
    """The checks of one task's answers by a process.

    Args:
        seed: The run's.
        task: The task's head.
        salt: What keeps the calls of a cell apart, where cells are independent.
    """

    def __init__(self, seed: int, task: TaskHead, salt: str) -> None:
        self.kind = task.kind
        self._seed = seed
        self._task = task
        self._salt = salt
        name = backend_name(task.kind)
        self._agent = Agent(slot=name, config_id=name, copy_index=0, model=name)

    def ask(self, trial: Trial, reply: Reply, record: QuestionRecord) -> Ask | Checked:
        """What is to be asked to have an answer checked; the check itself, where that can be told at once."""
        assert reply.answer is not None  # what cannot be read is not checked
        wanted = self.wanted(reply.answer, record)
        if isinstance(wanted, Checked):
            return wanted
        return Ask(trial, self._agent, wanted.id, wanted.id.key, wanted.request)

    def wanted(self, answer: str, record: QuestionRecord) -> Wanted | Checked:
        """The check of an answer: still to be made, or made at once."""
        held = record.target if record.tests is None else record.tests.model_dump_json()
        if self.kind == "math" and (told := checked_at_once(answer, held)) is not None:
            return told
        name = self._agent.model
        body = digest([name, VERSIONS[self.kind], held, answer])
        call = CallId(self._seed, self._task.digest, record.sample_id, 0, name, "check", 0, 0, 0, 0, body, self._salt)
        request = ChatRequest(name, (Message("system", held), Message("user", answer)))
        return Wanted(call, request)

    def told(self, reply: Reply, answer: Answer) -> Checked:
        """What the check of a reply's answer came to."""
        return told(answer)


def told(answer: Answer) -> Checked:
    """What a check came to that was asked for.

    Raises:
        ValueError: The recording holds no check there.
    """
    return Checked.read("" if answer.completion is None else answer.completion.text)


def voting(reply: Reply, checked: Checked) -> Reply:
    """The reply with the form in which its answer votes; without an answer, where it could not be checked."""
    given = reply.given or reply.answer
    if checked.right is None:
        return Reply(reply.call, reply.key, reply.completion, None, "unchecked", given=given)
    return Reply(reply.call, reply.key, reply.completion, checked.vote, None, given=given)


class Checker:
    """What makes checks of one kind: a model of a kind, which answers in threads of its own.

    Args:
        kind: Of the answers.
        work: What tells.
        n_at_once: How many at once.
        close: What is done at the end.
    """

    def __init__(self, kind: str, work: Work, n_at_once: int, close: Callable[[], None] = lambda: None) -> None:
        self.identity: dict[str, Any] = {"check": kind, "version": VERSIONS[kind]}
        self._work = work
        self._threads = ThreadPoolExecutor(n_at_once, thread_name_prefix=backend_name(kind))
        self._close = close

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The check that the request's two messages ask for."""
        held, answer = (message.content for message in request.messages)
        checked = await asyncio.get_running_loop().run_in_executor(self._threads, self._work, answer, held)
        return Answered(Completion(checked.spelt, usage=Usage(0, 0)))

    async def aclose(self) -> None:
        """Ends threads and processes."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._close()

    def tell(self, answer: str, held: str) -> Checked:
        """One check, made here and now."""
        return self._work(answer, held)


def checkers(sweep: Sweep) -> dict[str, Model]:
    """What makes the checks of a sweep's tasks, under `backend_name`.

    Raises:
        SpecError: Expressions or programs cannot be checked here. Nothing has been sent by then.
    """
    heads: Mapping[str, TaskHead] = sweep.header.tasks
    made: dict[str, Model] = {}
    for index, head in enumerate(heads.values()):
        if head.kind in VERSIONS and backend_name(head.kind) not in made:
            try:
                made[backend_name(head.kind)] = checker(head.kind)
            except SpecError as error:
                raise sweep.placed(("task", index) if len(heads) > 1 else ("task",), error) from None
    return made


def checker(kind: str) -> Checker:
    """What makes checks of one kind.

    Raises:
        SpecError: It cannot be had here.
    """
    if kind == "math":
        if (reason := mathematics.refusal()) is not None:
            raise SpecError("answers in mathematics cannot be checked without the extra math", remedy=reason)
        worker = MathChecker()
        return Checker(kind, worker.check, 1, worker.close)
    if (reason := sandbox.refusal()) is not None:
        raise SpecError("programs cannot be isolated on this machine, so none would be scored", remedy=reason)
    return Checker(kind, checked_program, os.cpu_count() or 1)


def checked_program(program: str, tests: str) -> Checked:
    """A program against its tests, in the sandbox."""
    by = f"python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return check_program(program, ProgramTests.model_validate_json(tests), _run, by)


def _run(code: str, stdin: str, *, seconds: float, memory_bytes: int) -> sandbox.Ran:
    return sandbox.run(code, stdin, sandbox.Limits(seconds=seconds, memory_bytes=memory_bytes))
