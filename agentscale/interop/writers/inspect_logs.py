"""Logs of Inspect: one a cell, written through Inspect's own writer. A sample is a question, its epochs the replicates.

The team's answer is the output and the score of a sample; what its members said are the sample's messages, and the
numbers of the trial stand in its metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentscale.errors import SpecError
from agentscale.schema.run import Cell, Event, QuestionRecord, Transcript

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

    from agentscale.store import RunFolder


def write(folder: RunFolder, out: Path) -> list[Path]:
    """Writes ``CELL.eval`` for every cell.

    Raises:
        SpecError: If Inspect is not installed.
        StoreError: If the run cannot be read.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError:
        remedy = "pip install 'agentscale[inspect]'"
        raise SpecError("logs of Inspect need inspect_ai, which is not installed", remedy=remedy) from None
    questions, paths = folder.questions(), []
    for cell in folder.header.cells:
        path = out / f"{cell.id}.eval"
        write_eval_log(_log(folder, cell, questions), str(path))
        paths.append(path)
    return paths


def _log(folder: RunFolder, cell: Cell, questions: dict[tuple[str, str], QuestionRecord]) -> EvalLog:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalMetric, EvalResults, EvalScore, EvalSpec

    transcripts = list(folder.transcripts(cell.id))
    samples = [_sample(cell, each, questions[cell.task, each.sample_id]) for each in transcripts]
    models = sorted({agent.model for agent in cell.team.agents})
    known = [each.score for each in transcripts if each.score is not None]
    accuracy = EvalMetric(name="accuracy", value=sum(known) / len(transcripts)) if transcripts else None
    return EvalLog(
        status="success",
        eval=EvalSpec(
            created=_made(folder),
            task=cell.task,
            dataset=EvalDataset(name=cell.task, samples=len({each.sample_id for each in transcripts})),
            model=f"agentscale/{'+'.join(models)}",
            config=EvalConfig(epochs=folder.header.replicates),
            solver=cell.protocol.label,
            metadata={"run": folder.header.name, "cell": cell.model_dump(mode="json", exclude={"team", "edges"})},
            packages={"agentscale": folder.header.versions.get("agentscale", "")},
        ),
        results=EvalResults(
            total_samples=len(samples),
            completed_samples=len(samples),
            scores=[EvalScore(name="team", scorer="agentscale", metrics={"accuracy": accuracy} if accuracy else {})],
        ),
        samples=samples,
    )


def _made(folder: RunFolder) -> str:
    """When the run was made, as the folder tells: a log of Inspect must say."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp((folder.path / "run.json").stat().st_mtime, UTC).isoformat(timespec="seconds")


def _sample(cell: Cell, transcript: Transcript, question: QuestionRecord) -> EvalSample:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput
    from inspect_ai.scorer import Score

    answer = transcript.answer or ""
    score = Score(value=transcript.score or 0.0, answer=transcript.answer, metadata={"tied": transcript.tied})
    said = [ChatMessageAssistant(content=event.text, metadata=_about(event)) for event in transcript.events]
    return EvalSample(
        id=transcript.sample_id,
        epoch=transcript.replicate + 1,
        input=question.prompt,
        choices=list(question.choices) or None,
        target=question.target,
        messages=[ChatMessageUser(content=question.prompt), *said],
        output=ModelOutput.from_content(f"agentscale/{cell.team_name}", answer),
        scores={"team": score},
        metadata={"counts": transcript.counts, "level": question.level},
    )


def _about(event: Event) -> dict[str, object]:
    return event.model_dump(mode="json", exclude={"text"}, exclude_none=True)
