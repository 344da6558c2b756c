"""Run folders from a few words: who answered what, in which round, to which question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentscale.schema.agents import Agent, Sampling, Team
from agentscale.schema.run import Cell, Event, Named, QuestionRecord, RunHeader, TaskHead, Transcript
from agentscale.store import RunFolder

Answers = Mapping[str, Sequence[Mapping[str, str | None]]]
"""By sample id: for every round the answer of each slot."""


class Builder:
    """Makes cells, transcripts and run folders. The right answer to every question is ``A``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def team(self, configs: Sequence[str], temperature: float | None = 1.0) -> Team:
        copies: Counter[str] = Counter()
        agents = []
        for config in configs:
            agents.append(
                Agent(
                    slot=f"{config}/{copies[config]}",
                    config_id=config,
                    copy_index=copies[config],
                    model=config.split("/")[0],
                    sampling=Sampling(temperature=temperature),
                )
            )
            copies[config] += 1
        return Team(agents=tuple(agents))

    def cell(self, configs: Sequence[str], *, temperature: float | None = 1.0, **changes: Any) -> Cell:
        values: dict[str, Any] = {
            "task": "quiz",
            "layer": "L1",
            "team_name": "small",
            "size": len(configs),
            "team": self.team(configs, temperature),
            "protocol": Named(name="vote"),
            "topology": None,
            "temperature": (temperature,),
        } | changes
        parts = [values["task"], values["layer"], values["team_name"], values["size"], values["protocol"].name]
        return Cell(**({"id": ".".join(map(str, parts))} | values))

    def transcript(
        self,
        cell: Cell,
        sample_id: str,
        rounds: Sequence[Mapping[str, str | None]],
        *,
        replicate: int = 0,
        texts: Callable[[int, str, str | None], str] = lambda at, slot, answer: f"I say {answer}" if answer else "",
    ) -> Transcript:
        events = tuple(
            Event(
                key=f"{sample_id}/{replicate}/{at}/{slot}",
                round=at,
                slot=slot,
                text=texts(at, slot, answer),
                answer=answer,
                missing=None if answer else "no_answer",
                correct=None if answer is None else answer == "A",
                tokens_in=10,
                tokens_out=3,
            )
            for at, spoken in enumerate(rounds)
            for slot, answer in spoken.items()
        )
        counts = Counter(answer for answer in rounds[-1].values() if answer)
        winners = sorted(answer for answer in counts if counts[answer] == max(counts.values()))
        return Transcript(
            cell=cell.id,
            sample_id=sample_id,
            replicate=replicate,
            expected=cell.team.slots,
            events=events,
            final=tuple(event.key for event in events if event.round == len(rounds) - 1),
            answer=winners[0] if winners else None,
            tied=len(winners) > 1,
            correct=winners[0] == "A" if winners else None,
            score=("A" in winners) / len(winners) if winners else None,
        )

    def probed(
        self, transcript: Transcript, stands: Mapping[str, tuple[float | None, Sequence[float | None]]]
    ) -> Transcript:
        """The transcript with probes: by slot, what its model says without persona, and what it says in each round."""

        def aside(slot: str, at: int, role: Any, value: float | None) -> Event:
            answer = None if value is None else str(value)
            missing = None if answer else "no_answer"
            key = f"{transcript.sample_id}/{transcript.replicate}/{role}/{at}/{slot}"
            return Event(
                key=key, round=at, slot=slot, role=role, text=answer or "", answer=answer, missing=missing, correct=None
            )

        baselines = [aside(slot, 0, "baseline", default) for slot, (default, _) in stands.items()]
        probes = [aside(slot, at, "probe", each) for slot, (_, by) in stands.items() for at, each in enumerate(by)]
        return transcript.model_copy(update={"events": (*transcript.events, *baselines, *probes)})

    def folder(
        self,
        cells: Sequence[Cell],
        transcripts: Sequence[Transcript],
        *,
        samples: Sequence[str],
        choices: tuple[str, ...] = ("a", "b", "c", "d"),
        name: str = "run",
        experiment: Mapping[str, Any] | None = None,
    ) -> RunFolder:
        tasks = sorted({cell.task for cell in cells})
        header = RunHeader(
            name=name,
            seed=7,
            experiment=dict(experiment or {}),
            experiment_digest="0" * 64,
            replicates=1,
            embedder="test",
            cells=tuple(cells),
            tasks={task: TaskHead(digest="1" * 64, kind="choice", extract=("mark",)) for task in tasks},
            versions={},
        )
        questions = [
            QuestionRecord(task=task, sample_id=sample, prompt="?", choices=choices, target="A")
            for task in tasks
            for sample in samples
        ]
        folder = RunFolder.create(self._root / name, header, "", questions)
        self.write(folder, transcripts)
        return folder

    def write(self, folder: RunFolder, transcripts: Sequence[Transcript]) -> None:
        """Writes the transcripts in place of those that the folder has of their cells."""
        for cell in folder.header.cells:
            own = [one for one in transcripts if one.cell == cell.id]
            if own:
                writer = folder.transcript_writer(cell.id, [(one.sample_id, one.replicate) for one in own])
                for one in own:
                    writer.add(one)
                writer.close(complete=True)


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    return Builder(tmp_path)


class Embedding:
    """An embed function that counts: equal texts are equal vectors, texts that differ are orthogonal."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            row[len(set(self.texts))] = 1.0
            assert text not in self.texts, "every text is embedded once"
            self.texts.append(text)
        return out


@pytest.fixture
def embedding() -> Embedding:
    return Embedding()
