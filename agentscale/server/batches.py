"""OpenAI's batch API: files of requests go in, files of answers come out. Everything is held in memory."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agentscale.errors import EndpointError
from agentscale.schema.record import Record
from agentscale.server.refused import Refused

Answer = Callable[[bytes, Mapping[str, str]], dict[str, Any]]
"""From a request's body and headers to the object that answers it; raises `Refused` or `EndpointError`."""

LOOKS = 1
"""How often a batch is looked at before it is done, so that who waits has to."""


class BatchBody(Record):
    """The body of a request for a batch."""

    input_file_id: str
    endpoint: str
    completion_window: str = "24h"
    metadata: dict[str, str] | None = None


class BatchLine(Record):
    """A line of a file of requests. ``headers`` are ours: by them a call is known as over plain requests."""

    custom_id: str
    method: str
    url: str
    body: dict[str, Any]
    headers: dict[str, str] = {}


@dataclass
class _Batch:
    id: str
    input: str
    endpoint: str
    window: str
    created: int
    looks: int = 0
    output: str | None = None
    errors: str | None = None
    counts: dict[str, int] = field(default_factory=lambda: {"total": 0, "completed": 0, "failed": 0})
    cancelled: bool = False


class Batches:
    """The files and batches of a server.

    Args:
        answer: What answers one request.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._numbers = itertools.count(1)

    def take(self, content_type: str, body: bytes) -> dict[str, Any]:
        """Keeps the file of a form, and gives its object.

        Raises:
            Refused: The form holds no file.
        """
        head = f"content-type: {content_type}\r\n\r\n".encode("ascii", "replace")
        form = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        for part in form.iter_parts() if form.is_multipart() else ():
            content = part.get_payload(decode=True)
            if part.get_filename() is not None and isinstance(content, bytes):
                return self._file(self._kept(content), part.get_filename() or "")
        raise Refused("the form holds no file; send one under the name file, with purpose=batch", param="file")

    def content(self, file: str) -> bytes:
        """The bytes of a file.

        Raises:
            Refused: There is none of that id.
        """
        if file not in self._files:
            raise Refused(f"there is no file {file!r}", status=404, param="file_id")
        return self._files[file]

    def make(self, raw: bytes) -> dict[str, Any]:
        """Begins a batch, and gives its object.

        Raises:
            Refused: The body is none, or names a file that is not there.
        """
        try:
            body = BatchBody.model_validate_json(raw, strict=True)
        except ValidationError as error:
            raise Refused.unfit(error) from None
        self.content(body.input_file_id)
        name = f"batch_{next(self._numbers)}"
        batch = _Batch(name, body.input_file_id, body.endpoint, body.completion_window, int(time.time()))
        self._batches[name] = batch
        return self._told(batch)

    def listed(self) -> dict[str, Any]:
        """All batches, the newest first."""
        told = [self._told(batch) for batch in reversed(self._batches.values())]
        return {"object": "list", "data": told, "has_more": False}

    def look(self, name: str) -> dict[str, Any]:
        """The object of a batch; its requests are answered at one of the looks.

        Raises:
            Refused: There is none of that id.
        """
        batch = self._batch(name)
        batch.looks += 1
        if batch.looks > LOOKS and batch.output is None and not batch.cancelled:
            self._play(batch)
        return self._told(batch)

    def cancel(self, name: str) -> dict[str, Any]:
        """Ends a batch that is under way.

        Raises:
            Refused: There is none of that id.
        """
        batch = self._batch(name)
        batch.cancelled = batch.output is None
        return self._told(batch)

    def _batch(self, name: str) -> _Batch:
        if name not in self._batches:
            raise Refused(f"there is no batch {name!r}", status=404, param="batch_id")
        return self._batches[name]

    def _kept(self, content: bytes) -> str:
        name = f"file-{next(self._numbers)}"
        self._files[name] = content
        return name

    def _play(self, batch: _Batch) -> None:
        good, bad = list[str](), list[str]()
        for raw in filter(None, self._files[batch.input].splitlines()):
            told = self._line(raw)
            (good if told["response"]["status_code"] == 200 else bad).append(json.dumps(told))
        batch.counts = {"total": len(good) + len(bad), "completed": len(good), "failed": len(bad)}
        batch.output = self._kept("\n".join(good).encode("ascii"))
        batch.errors = self._kept("\n".join(bad).encode("ascii")) if bad else None

    def _line(self, raw: bytes) -> dict[str, Any]:
        name = f"batch_req_{next(self._numbers)}"
        try:
            line = BatchLine.model_validate_json(raw, strict=True)
        except ValidationError as error:
            refused = Refused.unfit(error)
            return _result(name, "", refused.status, refused.body)
        try:
            body, status = self._answer(json.dumps(line.body).encode("ascii"), line.headers), 200
        except Refused as refused:
            body, status = refused.body, refused.status
        except EndpointError as error:
            failed = Refused.failed(error)
            body, status = failed.body, failed.status
        return _result(name, line.custom_id, status, body)

    def _file(self, name: str, filename: str) -> dict[str, Any]:
        told = {"id": name, "object": "file", "bytes": len(self._files[name]), "created_at": int(time.time())}
        return {**told, "filename": filename, "purpose": "batch", "status": "processed"}

    def _told(self, batch: _Batch) -> dict[str, Any]:
        done = batch.output is not None
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": batch.endpoint,
            "input_file_id": batch.input,
            "completion_window": batch.window,
            "status": "cancelled" if batch.cancelled else "completed" if done else "in_progress",
            "output_file_id": batch.output,
            "error_file_id": batch.errors,
            "created_at": batch.created,
            "request_counts": batch.counts,
        }


def _result(name: str, custom_id: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    response = {"status_code": status, "request_id": name, "body": body}
    return {"id": name, "custom_id": custom_id, "response": response, "error": None}
