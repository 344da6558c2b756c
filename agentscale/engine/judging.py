"""Free text judged by an agent: one call for each wording of an answer to a question, recorded like any."""

from __future__ import annotations

from typing import Any

from agentscale.engine.design import Trial
from agentscale.engine.identity import BodyForm
from agentscale.engine.recorder import Ask
from agentscale.recording import Answer
from agentscale.schema.agents import Agent
from agentscale.schema.calls import CallId, ChatRequest, Completion, Reply
from agentscale.schema.run import QuestionRecord, TaskHead
from agentscale.schema.verdict import verdict_of
from agentscale.scoring import canonical_text, grading, rightness
from agentscale.scoring.checks import Checked

NO_VERDICT = "the judge gave no verdict"


class Judging:
    """The verdicts of a task's judge. An answer that reads like the target needs none.

    Args:
        seed: The run's.
        task: The task's head, with its rubric.
        salt: What keeps the calls of a cell apart, where cells are independent.
        judge: Who judges.
        form: The form of its request bodies.
    """

    def __init__(self, seed: int, task: TaskHead, salt: str, judge: Agent, form: BodyForm) -> None:
        self._seed = seed
        self._task = task
        self._salt = salt
        self._judge = judge
        self._form = form

    def ask(self, trial: Trial, reply: Reply, record: QuestionRecord) -> Ask | Checked:
        """What is to be asked to have an answer judged; the verdict itself, where it reads like the target."""
        answer = reply.given or reply.answer or ""
        if rightness(record, "text")(answer):
            return Checked(canonical_text(answer), True, by="text@1")
        rubric = self._task.rubric or ""
        messages = grading(question=record.prompt, target=record.target, rubric=rubric, answer=answer)
        question, body = (self._seed, self._task.digest, record.sample_id), self._form.digest(messages)
        call = CallId(*question, 0, self._judge.slot, "grader", 0, 0, 0, 0, body, self._salt)
        request = ChatRequest(self._judge.model, messages, self._judge.sampling)
        return Ask(trial, self._judge, call, call.key, request)

    def told(self, reply: Reply, answer: Answer) -> Checked:
        """What the judge said of a reply's answer."""
        return judged(reply.answer or "", answer.completion)


def judged(vote: str, said: Completion | None) -> Checked:
    """How an answer stands that votes as ``vote``, by what the judge said of it, if anything."""
    right = None if said is None else verdict_of(said.text)
    return Checked(vote, right, NO_VERDICT if right is None else "")


def graded_event(ask: Ask, answer: Answer, round_index: int) -> dict[str, Any]:
    """The fields of the event in which a judge speaks: it is paid for like any call, and is nobody's answer."""
    completion, failure = answer.completion, answer.failure
    return {
        "key": ask.key,
        "round": round_index,
        "slot": ask.agent.slot,
        "role": "grader",
        "text": "" if completion is None else completion.text,
        "answer": None,
        "correct": None,
        "finish": None if completion is None else completion.finish,
        "tokens_in": None if completion is None else completion.usage.tokens_in,
        "tokens_out": None if completion is None else completion.usage.tokens_out,
        "error": None if failure is None else f"{failure.kind}: {failure.message}",
    }
