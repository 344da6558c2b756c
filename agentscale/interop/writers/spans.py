"""OpenTelemetry spans of a recorded run, named by the conventions for generative AI: ``invoke_agent`` over ``chat``.

A trial is a trace. The conventions still move: every attribute that is used stands in this file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.errors import SpecError
from agentscale.recording.files import replaced
from agentscale.schema.agents import Agent
from agentscale.schema.run import Cell, Event, Transcript

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

    from agentscale.recording import Recording
    from agentscale.recording.record import CallRecord
    from agentscale.store import RunFolder


def write(folder: RunFolder, out: Path) -> list[Path]:
    """Writes ``spans.jsonl``: one span a line, as the SDK writes it.

    Raises:
        SpecError: If the SDK is not installed, or the run has no recording, in which alone times are kept.
        StoreError: If the run cannot be read, or ``out`` not be written.
    """
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
    except ImportError:
        remedy = "pip install 'agentscale[otel]'"
        raise SpecError("spans need opentelemetry-sdk, which is not installed", remedy=remedy) from None
    if not folder.has_recording:
        raise SpecError(f"{folder.path} has no recording, and so no times", remedy="export a run that was made here")

    class Lines(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            for span in spans:
                file.write(f"{json.dumps(json.loads(span.to_json()))}\n".encode())
            return SpanExportResult.SUCCESS

    path = out / "spans.jsonl"
    with replaced(path) as file, folder.recording() as recording:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(Lines()))
        tracer = provider.get_tracer("agentscale", folder.header.versions.get("agentscale"))
        for cell in folder.header.cells:
            agents = {agent.slot: agent for agent in cell.team.everyone}
            for transcript in folder.transcripts(cell.id):
                _trial(tracer, recording, cell, agents, transcript)
        provider.shutdown()
    return [path]


def _trial(tracer: Tracer, recording: Recording, cell: Cell, agents: dict[str, Agent], transcript: Transcript) -> None:
    from opentelemetry import trace

    calls = [(event, recording.get(event.key)) for event in transcript.events]
    timed = [(event, call) for event, call in calls if call is not None]
    if not timed:
        return
    about = {
        "gen_ai.operation.name": "invoke_workflow",
        "agentscale.cell": cell.id,
        "agentscale.sample_id": transcript.sample_id,
        "agentscale.replicate": transcript.replicate,
        "agentscale.answer": transcript.answer,
        "agentscale.correct": transcript.correct,
    }
    root = tracer.start_span(
        f"invoke_workflow {cell.protocol.name}",
        start_time=min(_start(call) for _, call in timed),
        attributes=_known(about),
    )
    inside = trace.set_span_in_context(root)
    for event, call in timed:
        agent = tracer.start_span(
            f"invoke_agent {event.slot}",
            inside,
            start_time=_start(call),
            attributes=_known(_of_agent(event, agents[event.slot])),
        )
        chat = tracer.start_span(
            f"chat {call.request.model}",
            trace.set_span_in_context(agent),
            kind=trace.SpanKind.CLIENT,
            start_time=_start(call),
            attributes=_known(_of_call(call)),
        )
        if call.failure is not None:
            chat.set_status(trace.Status(trace.StatusCode.ERROR, f"{call.failure.kind}: {call.failure.message}"))
        chat.end(_end(call))
        agent.end(_end(call))
    root.end(max(_end(call) for _, call in timed))


def _of_agent(event: Event, agent: Agent) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.id": event.slot,
        "gen_ai.agent.name": agent.config_id,
        "gen_ai.agent.description": None if agent.persona is None else agent.persona.name,
        "agentscale.role": event.role,
        "agentscale.round": event.round,
        "agentscale.answer": event.answer,
        "agentscale.missing": event.missing,
        "agentscale.reads": list(event.reads),
    }


def _of_call(call: CallRecord) -> dict[str, Any]:
    usage = None if call.completion is None else call.completion.usage
    sampling = call.request.sampling
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": call.request.model,
        "gen_ai.request.temperature": sampling.temperature,
        "gen_ai.request.top_p": sampling.top_p,
        "gen_ai.request.max_tokens": sampling.max_tokens,
        "gen_ai.request.stop_sequences": list(sampling.stop),
        "gen_ai.response.finish_reasons": None if call.completion is None else [call.completion.finish],
        "gen_ai.usage.input_tokens": None if usage is None else usage.tokens_in,
        "gen_ai.usage.output_tokens": None if usage is None else usage.tokens_out,
        "error.type": None if call.failure is None else call.failure.kind,
        "agentscale.key": call.key,
        "agentscale.retries": call.clock.retries,
    }


def _known(attributes: dict[str, Any]) -> dict[str, Any]:
    """What is known of them: a span holds no empty values."""
    return {name: value for name, value in attributes.items() if value is not None and value != []}


def _start(call: CallRecord) -> int:
    """Nanoseconds since 1970."""
    return int(call.clock.started_s * 1e9)


def _end(call: CallRecord) -> int:
    return int((call.clock.started_s + call.clock.latency_s) * 1e9)
