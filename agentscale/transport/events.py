"""Server-sent events, as far as chat APIs use them: lines of bytes become the data of events. Pure, and bounded above.

The format is that of the HTML standard, section 9.2. Lines end in LF or CRLF; comments and fields other than ``data``
mean nothing here.
"""

from __future__ import annotations

DONE = b"[DONE]"
"""The data of the event that ends a stream."""


class EventReader:
    """Puts the data of events together from pieces that are cut anywhere."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        """The data of each event so far, without the one that ends the stream."""
        self.ended = False
        """Whether the end was announced; what comes after it is passed over."""
        self._line: list[bytes] = []
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> bool:
        """Read on; whether an event was completed by that."""
        before = len(self.events), self.ended
        head, *lines = piece.split(b"\n")
        self._line.append(head)
        for line in lines:
            self._end_line(b"".join(self._line))
            self._line = [line]
        return before != (len(self.events), self.ended)

    def _end_line(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        if not line:
            self._dispatch()
        elif line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))

    def _dispatch(self) -> None:
        data, self._data = b"\n".join(self._data), []
        if data and not self.ended:
            self.ended = data.strip() == DONE
            if not self.ended:
                self.events.append(data)
