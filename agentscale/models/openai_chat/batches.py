"""An endpoint that is asked by OpenAI's batch API: what is asked within a while goes out as one file, at half price.

A round of all live trials is one batch, since none of them can go on before. A batch that is under way when the run
ends stays known in the run folder: who asks the same call later gets its answer. ::

    <run>/batches/<id>.json    the keys of a batch that has been sent and not yet read
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentscale.errors import AgentscaleError, EndpointError
from agentscale.recording.files import explained, replaced
from agentscale.schema.experiment import BatchSpec
from agentscale.schema.record import digest_of
from agentscale.transport import Address, EndpointClient, Posted, unnoticed

MOST_LINES = 50_000
"""Requests of one batch at most, as OpenAI allows."""

_OVER = ("completed", "failed", "expired", "cancelled")


@dataclass
class _Line:
    """A request that waits for its batch, or for its answer."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    leaving: Callable[[], None]
    answer: asyncio.Future[Posted]
    retries: int = 0


@dataclass
class _Sent:
    """A batch that is under way."""

    id: str
    keys: frozenset[str]
    waiting: dict[str, _Line] = field(default_factory=dict)


class BatchDesk:
    """Takes requests as a client does, and sends them in batches.

    Args:
        client: Of the endpoint: files and batches go through it, with its limits and its tries.
        spec: How long requests are gathered, and how often it is asked whether a batch is done.
        folder: Where batches that are under way are written down.
    """

    def __init__(self, client: EndpointClient, spec: BatchSpec, folder: Path) -> None:
        self._client = client
        self._spec = spec
        self._folder = folder
        self._queue: dict[str, _Line] = {}
        self._sent = _known(folder, client.address.name)
        self._tasks: set[asyncio.Task[None]] = set()
        self._gathering: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def address(self) -> Address:
        """Where the endpoint is."""
        return self._client.address

    def malformed(self, problem: str, data: object, *, model: str | None = None) -> EndpointError:
        """As of the client."""
        return self._client.malformed(problem, data, model=model)

    async def post_json(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        model: str | None = None,
        tokens: int | None = None,
        leaving: Callable[[], None] = unnoticed,
    ) -> Posted:
        """Puts a request into the next batch, and waits for its answer; the header of the call says which call it is.

        Raises:
            EndpointError: The request was refused, or failed in every batch that its endpoint's tries allow.
        """
        (spelt,) = headers.values()
        key = digest_of(spelt)
        if self._stopped:
            raise self._failed("stopped", "the run was stopped")
        line = _Line(path, body, headers, leaving, asyncio.get_running_loop().create_future())
        sent = next((sent for sent in self._sent if key in sent.keys), None)
        if sent is not None:
            sent.waiting[key] = line
            self._watch(sent)
        else:
            self._enqueue(key, line)
        return await line.answer

    def stop(self) -> None:
        """Sends nothing from now on. Batches under way go on, and are read by who asks the same calls later."""
        self._stopped = True
        waiting = [*self._queue.values(), *(line for sent in self._sent for line in sent.waiting.values())]
        for line in waiting:
            if not line.answer.done():
                line.answer.set_exception(self._failed("stopped", "the run was stopped; its batch is under way"))

    async def aclose(self) -> None:
        """Gives up waiting, and closes the client."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._client.aclose()

    # -- gathering ------------------------------------------------------------------------------------------------

    def _enqueue(self, key: str, line: _Line) -> None:
        self._queue[key] = line
        if self._gathering is None or self._gathering.done():
            self._gathering = self._begun(self._gather())

    def _begun(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _gather(self) -> None:
        """Sends what waits, once nothing more has come for a while."""
        known = -1
        while known != len(self._queue) and len(self._queue) < MOST_LINES:
            known = len(self._queue)
            await asyncio.sleep(self._spec.gather_s)
        keys = list(self._queue)[:MOST_LINES]
        lines = {key: self._queue.pop(key) for key in keys}
        if self._queue:
            self._gathering = self._begun(self._gather())
        try:
            await self._send(lines)
        except AgentscaleError as error:
            for line in lines.values():
                _settle(line, error)

    async def _send(self, lines: dict[str, _Line]) -> None:
        for line in lines.values():
            line.leaving()
        content = b"".join(self._written(key, line) for key, line in lines.items())
        file = (await self._client.upload("/files", "batch.jsonl", content, {"purpose": "batch"})).data
        made = {
            "input_file_id": file.get("id"),
            "endpoint": f"/v1{next(iter(lines.values())).path}",
            "completion_window": self._spec.window,
        }
        batch = (await self._client.post_json("/batches", made)).data
        if not isinstance(batch.get("id"), str):
            raise self._client.malformed("no id of a batch", batch)
        sent = _Sent(batch["id"], frozenset(lines), lines)
        self._sent.append(sent)
        _write(self._folder, self.address.name, sent)
        self._watch(sent)

    def _written(self, key: str, line: _Line) -> bytes:
        told: dict[str, Any] = {"custom_id": key, "method": "POST", "url": f"/v1{line.path}", "body": line.body}
        if self.address.is_loopback:  # `agentscale serve` then knows who asks
            told["headers"] = dict(line.headers)
        return json.dumps(told, separators=(",", ":")).encode("ascii") + b"\n"

    # -- waiting --------------------------------------------------------------------------------------------------

    def _watch(self, sent: _Sent) -> None:
        if not any(task.get_name() == sent.id for task in self._tasks):
            self._begun(self._followed(sent)).set_name(sent.id)

    async def _followed(self, sent: _Sent) -> None:
        try:
            await self._read(sent)
        except AgentscaleError as error:
            for line in sent.waiting.values():
                _settle(line, error)

    async def _over(self, sent: _Sent) -> dict[str, Any]:
        """The batch, once it is over."""
        while True:
            batch = (await self._client.get_json(f"/batches/{sent.id}")).data
            if batch.get("status") in _OVER:
                return batch
            await asyncio.sleep(self._spec.poll_s)

    async def _read(self, sent: _Sent) -> None:
        """Waits until a batch is over, and hands out what came of it."""
        batch = await self._over(sent)
        found: dict[str, Mapping[str, Any]] = {}
        for name in ("output_file_id", "error_file_id"):
            if batch.get(name):
                found |= self._lines(await self._client.get_text(f"/files/{batch[name]}/content"))
        self._sent.remove(sent)
        for key, line in sent.waiting.items():
            self._answer(key, line, found.get(key), str(batch["status"]))
        with explained(f"remove {sent.id}"):
            _file(self._folder, sent.id).unlink(missing_ok=True)

    def _lines(self, text: str) -> dict[str, Mapping[str, Any]]:
        """What came of every request, by its key."""
        found: dict[str, Mapping[str, Any]] = {}
        for line in filter(None, text.splitlines()):
            try:
                told = json.loads(line)
                found[told["custom_id"]] = {"response": dict(told.get("response") or {}), "error": told.get("error")}
            except (ValueError, TypeError, KeyError):
                raise self._client.malformed("a line that is no result of a batch", line) from None
        return found

    def _answer(self, key: str, line: _Line, told: Mapping[str, Any] | None, status: str) -> None:
        response = {} if told is None else told["response"]
        code, body = response.get("status_code"), response.get("body")
        if code == 200 and isinstance(body, dict):
            if not line.answer.done():
                line.answer.set_result(Posted(body, line.retries))
        elif told is not None and code is not None and 400 <= code < 500 and code not in (408, 429):
            said = json.dumps(body)
            _settle(line, self._failed("refused", f"the batch says {said[:300]}", status=code, said=said))
        elif line.retries >= self.address.max_retries:
            why = f"its batch ended as {status!r}" if told is None else f"the batch says {json.dumps(told)[:300]}"
            _settle(line, self._failed("server", f"{why}, after {line.retries} further batches", status=code))
        elif not line.answer.done():
            line.retries += 1
            self._enqueue(key, line)

    def _failed(self, kind: str, text: str, *, status: int | None = None, said: str = "") -> EndpointError:
        name = self.address.name
        return EndpointError(f"endpoint {name!r}, asked in batches: {text}", kind=kind, status=status, said=said)


def _settle(line: _Line, error: Exception) -> None:
    if not line.answer.done():
        line.answer.set_exception(error)


def _file(folder: Path, batch: str) -> Path:
    return folder / f"{digest_of(batch)[:16]}.json"


def _write(folder: Path, endpoint: str, sent: _Sent) -> None:
    told = {"id": sent.id, "endpoint": endpoint, "keys": sorted(sent.keys)}
    with explained(f"write into {folder}"):
        folder.mkdir(exist_ok=True)
    with replaced(_file(folder, sent.id)) as file:
        file.write(json.dumps(told).encode("ascii"))


def _known(folder: Path, endpoint: str) -> list[_Sent]:
    """The batches of an endpoint that were sent by an earlier run of the folder."""
    told = []
    for path in sorted(folder.glob("*.json")):
        with explained(f"read {path}"):
            told.append(json.loads(path.read_bytes()))
    return [_Sent(each["id"], frozenset(each["keys"])) for each in told if each["endpoint"] == endpoint]
