"""Logs of Inspect: each is one model on one task, and its epochs are copies of that model that answer alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.errors import SpecError
from agentscale.interop.readers.files import readable
from agentscale.interop.utterances import Foreign, Utterance
from agentscale.schema.agents import Sampling

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample


def read(paths: Sequence[Path]) -> Foreign:
    """Reads logs, ``.eval`` or ``.json``, through Inspect's own reader.

    The epochs of a log are a team that votes. Where logs of one task come from several models, all of them together are
    a further team, so that alike and mixed teams can be compared.

    Raises:
        SpecError: If Inspect is not installed, a file is no log of its, or a log has no sample.
    """
    logs = [_log(path) for path in paths]
    tasks: dict[str, list[EvalLog]] = defaultdict(list)
    for log in logs:
        tasks[log.eval.task].append(log)
    said = [each for log in logs for each in _said(log, f"{log.eval.task} {log.eval.model}")]
    for task, own in tasks.items():
        if len({log.eval.model for log in own}) > 1:
            said += [each for log in own for each in _said(log, f"{task} all models")]
    return Foreign(tuple(said), "inspect", warnings=tuple(_unfinished(log) for log in logs if log.status != "success"))


def _log(path: Path) -> EvalLog:
    try:
        from inspect_ai.log import read_eval_log
    except ImportError:
        remedy = "pip install 'agentscale[inspect]'"
        raise SpecError("logs of Inspect need inspect_ai, which is not installed", file=path, remedy=remedy) from None
    with readable(path):
        path.open("rb").close()
    try:
        log = read_eval_log(str(path), resolve_attachments=True)
    except (ValueError, KeyError, NotImplementedError) as error:
        problem = f"Inspect cannot read it: {str(error).splitlines()[0][:200]}"
        raise SpecError(problem, file=path, remedy="name .eval or .json files that Inspect wrote") from None
    if not log.samples:
        raise SpecError("the log has no samples", file=path, remedy="name a log that was not written as header only")
    return log


def _unfinished(log: EvalLog) -> str:
    return f"the log of {log.eval.model} on {log.eval.task} ended as {log.status!r}: samples may be missing"


def _said(log: EvalLog, cell: str) -> Iterator[Utterance]:
    config = log.eval.model_generate_config
    sampling = Sampling(temperature=config.temperature, top_p=config.top_p, max_tokens=config.max_tokens)
    for sample in log.samples or ():
        answer = _answer(sample)
        usage = sample.output.usage
        yield Utterance(
            question=str(sample.id),
            agent=f"{log.eval.model} {sample.epoch}",
            truth=_target(sample),
            task=log.eval.task,
            cell=cell,
            model=log.eval.model,
            sampling=sampling,
            text=sample.output.completion,
            answer=answer,
            unread=answer is None and sample.error is None,
            missing="error" if sample.error is not None else None,
            finish=_FINISH.get(sample.output.stop_reason, sample.output.stop_reason) if sample.output.choices else None,
            tokens_in=None if usage is None else usage.input_tokens,
            tokens_out=None if usage is None else usage.output_tokens,
            prompt=_prompt(sample),
            choices=tuple(sample.choices or ()),
        )


_FINISH: dict[str, str] = {"max_tokens": "length", "model_length": "length", "unknown": "stop"}


def _answer(sample: EvalSample) -> str | None:
    """What the first scorer took for the answer."""
    scores: dict[str, Any] = dict(sample.scores or {})
    return next((score.answer for score in scores.values() if score.answer), None)


def _target(sample: EvalSample) -> str:
    target = sample.target
    return target if isinstance(target, str) else target[0] if target else ""


def _prompt(sample: EvalSample) -> str:
    given = sample.input
    return given if isinstance(given, str) else "\n".join(message.text for message in given)
