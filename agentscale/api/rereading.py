"""A recorded run under another chain of extractors, where no prompt hung on how answers were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Cell, Transcript
from agentscale.store import ReadThrough, RunFolder

_STEERED = "what agents were asked there hung on how answers were read"


class Reread(NamedTuple):
    """A run read anew."""

    folder: ReadThrough
    warnings: tuple[str, ...]
    """Which cells could not be."""


def reread(folder: RunFolder, chain: Sequence[str]) -> Reread:
    """The run with all answers read by ``chain``, tied votes drawn anew by the same keys.

    Raises:
        SpecError: If the chain names an extractor that does not exist for the run's answers, or every cell was steered
            by answers: another reader would have led to other questions, which nobody asked.
        StoreError: If the run's questions cannot be read.
    """
    from agentscale import scoring
    from agentscale.engine.rechecking import Rechecker

    header, questions = folder.header, folder.questions()
    steered = [cell for cell in header.cells if _is_steered(cell)]
    if len(steered) == len(header.cells):
        raise SpecError(
            f"no cell can be read anew: {_STEERED} (the first is {steered[0].id!r})",
            key="extract",
            remedy="read votes, self-refinement, or debates that see rationales",
        )
    for head in header.tasks.values():
        scoring.chain_of(tuple(chain), head.kind)
    tasks = {cell.id: cell.task for cell in header.cells}
    rechecker = Rechecker(header, folder.recording(write=False) if folder.has_recording else None)

    def reader(transcript: Transcript) -> Transcript:
        task, trial = tasks[transcript.cell], (transcript.cell, transcript.sample_id, transcript.replicate)
        question = questions[task, transcript.sample_id]
        return scoring.reread(
            transcript,
            question,
            kind=header.tasks[task].kind,
            chain=chain,
            rng=lambda: keyed(header.seed, "tie", *trial),
            check=rechecker.of(transcript.cell, question),
        )

    kept = [cell for cell in header.cells if cell not in steered]
    names = ", ".join(dict.fromkeys(cell.protocol.label for cell in steered))
    left_out = (f"{len(steered)} cells are not read anew, since {_STEERED}: {names}",) if steered else ()
    return Reread(ReadThrough(folder, kept, reader), left_out)


def _is_steered(cell: Cell) -> bool:
    from agentscale import protocols

    return protocols.resolve(cell.protocol).steers_by_answers
