"""A served recording answers what was recorded, in the order of the recording, and tells the nearest of the rest."""

from pathlib import Path
from typing import Any

import openai
import pytest

from agentscale import api
from agentscale.errors import SpecError, StoreError
from agentscale.store import RunFolder


@pytest.fixture(scope="module")
def recorded(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recorded") / "run"
    api.run(experiment, out=out)
    return out


def ask(client: openai.OpenAI, text: str, **settings: Any) -> list[str | None]:
    said = client.chat.completions.create(model="small", messages=[{"role": "user", "content": text}], **settings)
    return [choice.message.content for choice in said.choices]


def test_equal_bodies_get_the_recorded_answers_one_by_one_and_then_a_miss(recorded: Path, prompts: list[str]) -> None:
    folder = RunFolder.open(recorded)
    trials = list(folder.transcripts("knowledge.vote.L1.small.n3"))
    wanted = [event.text for trial in trials if trial.sample_id == trials[0].sample_id for event in trial.events]
    with api.serve(recorded) as served, openai.OpenAI(base_url=served.base_url, api_key="-", max_retries=0) as client:
        assert set(served.models) == {"small", "large"}
        given = [*ask(client, prompts[0]), *ask(client, prompts[0], n=3), *ask(client, prompts[0], n=2)]
        with pytest.raises(openai.NotFoundError, match="6 answers to this body are recorded, and 6 have been given"):
            ask(client, prompts[0])
    assert given == wanted


def test_what_was_never_recorded_is_told_with_the_nearest(recorded: Path, prompts: list[str]) -> None:
    with api.serve(recorded) as served, openai.OpenAI(base_url=served.base_url, api_key="-", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="nearest recorded: 'small/") as missed:
            ask(client, prompts[0] + " Really?")
        assert "Really?" in missed.value.message
        with pytest.raises(openai.NotFoundError, match="recorded none, asked temperature 0"):
            ask(client, prompts[0], temperature=0.5)
        with pytest.raises(openai.BadRequestError, match="holds what was said, not how likely it was"):
            ask(client, prompts[0], logprobs=True)


def test_a_run_folder_takes_no_overrides_and_needs_a_recording(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a run folder"), api.serve(recorded, "seed=1"):
        pass
    with pytest.raises(StoreError), api.serve(tmp_path):
        pass


def test_what_was_recorded_as_a_failure_is_answered_as_that_failure(tmp_path: Path) -> None:
    file = tmp_path / "dead.yaml"
    file.write_text(
        "name: dead\nmodels: {mute: {scripted: {replies: [x], fails: true}}}\n"
        "task: {name: sums, limit: 1}\nteam: {size: 1, layer: L1}\nprotocol: vote\n",
        "utf-8",
    )
    run = api.run(file, out=tmp_path / "run")
    assert run.tally is not None
    assert run.tally.calls_failed == 1
    (record,) = api.load(file).questions.values()
    with api.serve(tmp_path / "run") as served:
        client = openai.OpenAI(base_url=served.base_url, api_key="-", max_retries=0)
        with client, pytest.raises(openai.InternalServerError, match="the script of this model says"):
            client.chat.completions.create(model="mute", messages=[{"role": "user", "content": record.prompt}])
