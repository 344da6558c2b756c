"""The real server with the real SmolLM2, where both are on the machine; nothing is downloaded here."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import signal
from pathlib import Path

import pytest

from agentscale import api
from agentscale.endpoints import find_model, launch, resolve
from agentscale.engine.tally import Tally
from agentscale.errors import EndpointError, SpecError
from agentscale.models.openai_chat import OpenAIChat
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message
from agentscale.schema.experiment import Endpoint, Launch, ModelSpec
from agentscale.transport import EndpointClient

MODEL = "smollm2-135m"


def _absent() -> str:
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed"
    try:
        find_model(MODEL)
    except SpecError:
        return f"{MODEL} has not been pulled"
    return ""


here = pytest.mark.skipif(bool(_absent()), reason=_absent() or "is here")


def call(n: int) -> CallId:
    return CallId(0, "t", f"s{n}", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")


async def _answers(
    log: Path, spec: Launch, prompts: list[str], sampling: Sampling, *, stream: bool = False
) -> list[Completion]:
    async with launch("here", spec, log) as base_url:
        endpoint = Endpoint(launch=spec, max_in_flight=spec.slots, max_retries=0, stream=stream)
        model = OpenAIChat(ModelSpec(model=MODEL), EndpointClient(resolve("here", endpoint, {}).moved(base_url)))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(model.complete(ChatRequest("m", (Message("user", text),), sampling), call(n)))
                    for n, text in enumerate(prompts)
                ]
            return [task.result().completion for task in tasks]
        finally:
            await model.aclose()


@here
def test_a_real_stream_is_the_unstreamed_answer_with_its_usage(tmp_path: Path) -> None:
    sampling, spec = Sampling(temperature=0, max_tokens=12), Launch(model=MODEL, context=256)
    whole, pieces = (
        asyncio.run(_answers(tmp_path / "log", spec, ["What is 2 + 2?"], sampling, stream=stream))
        for stream in (False, True)
    )
    assert whole == pieces
    assert whole[0].usage.tokens_out


@here
def test_smollm2_answers_four_at_once(tmp_path: Path) -> None:
    prompts = [f"What is {n} + 2? Answer with the number." for n in range(4)]
    sampling = Sampling(temperature=0.8, max_tokens=6, seed="derived")
    answers = asyncio.run(_answers(tmp_path / "log", Launch(model=MODEL, context=256), prompts, sampling))
    assert all(answer.text and answer.finish in ("stop", "length") for answer in answers)
    assert all(answer.usage.tokens_in and 0 < (answer.usage.tokens_out or 0) <= 6 for answer in answers)
    assert "listening" in (tmp_path / "log").read_text()


@here
def test_a_chat_template_of_ones_own_is_used(tmp_path: Path) -> None:
    template = tmp_path / "qa.jinja"
    template.write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    spec = Launch(model=MODEL, context=256, slots=1, chat_template=str(template))
    sampling = Sampling(temperature=0.0, max_tokens=1)
    (bare,) = asyncio.run(_answers(tmp_path / "log", spec, ["one two three"], sampling))
    assert bare.usage.tokens_in is not None
    assert bare.usage.tokens_in <= 4  # the words alone, without the model's own roles and system prompt


@here
def test_a_prompt_beyond_the_context_is_a_clean_refusal(tmp_path: Path) -> None:
    spec = Launch(model=MODEL, context=256, slots=1)
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(_answers(tmp_path / "log", spec, ["word " * 2000], Sampling(max_tokens=1)))
    (error,) = caught.value.exceptions
    assert isinstance(error, EndpointError)
    assert (error.kind, error.status) == ("refused", 400)
    assert "exceed_context_size_error" in str(error) or "context" in str(error)


@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed")
def test_a_file_that_is_no_model_is_an_error_with_the_servers_own_words(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(EndpointError, match="before it was ready") as caught:
        asyncio.run(_answers(tmp_path / "log", Launch(model=str(tmp_path / "broken.gguf")), [], Sampling()))
    assert "check that the model's file is whole" in str(caught.value)


@here
def test_a_run_whose_real_server_is_killed_in_the_middle_completes(tmp_path: Path) -> None:
    experiment = tmp_path / "killed.yaml"
    experiment.write_text(
        f"""
name: killed
endpoints: {{here: {{launch: {{model: {MODEL}, context: 512}}, max_retries: 8}}}}
models: {{small: {{endpoint: here, model: {MODEL}, sampling: {{temperature: 1.0, max_tokens: 8}}}}}}
task: {{name: sums, limit: 12}}
team: {{size: 2}}
embedder: lexical
""",
        "utf-8",
    )
    killed: list[int] = []

    def watch(tally: Tally) -> None:
        if tally.calls_asked >= 6 and not killed:
            killed.extend(_servers())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    run = api.run(experiment, out=tmp_path / "run", watch=watch)
    assert killed
    assert run.tally is not None
    assert (run.tally.trials_done, run.tally.calls_failed) == (12, 0)
    assert not [pid for pid in _servers() if pid in killed]


def _servers() -> list[int]:
    """The children of this process that serve a model."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                status = (entry / "status").read_text()
                if b"agentscale.endpoints.llamacpp" in (entry / "cmdline").read_bytes():
                    found += [int(entry.name)] * (f"PPid:\t{os.getpid()}\n" in status)
    return found
