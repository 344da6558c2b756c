"""All decisions about one endpoint: who may be sent now, what an outcome teaches, who tries again and when.

It waits for nothing and knows no socket: the time comes in with every question, so that a test plays an hour in a
moment. The client's gate puts the questions and carries out the answers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from agentscale.transport.control.breaker import Breaker, State
from agentscale.transport.control.bucket import Bucket
from agentscale.transport.control.places import Places
from agentscale.transport.control.retry import RetryBudget, RetryPolicy
from agentscale.transport.reading import Trouble

_MEMORY = 0.05
"""Weight of the newest call in the mean of tokens used."""


class Limits(NamedTuple):
    """What the user allows one endpoint to be asked."""

    max_in_flight: int = 32
    max_retries: int = 4
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class Ticket(NamedTuple):
    """Leave to send one try."""

    serial: int
    """Its number among the tries sent."""
    tokens: float
    """Tokens that were set aside for it."""


class Outcome(NamedTuple):
    """What became of a try, as far as decisions need it."""

    trouble: Trouble | None = None
    tokens: int | None = None
    """Tokens that it really used, where the endpoint says so."""
    empty_for_s: float = 0.0
    """Seconds until the endpoint's own allowance has room again."""


class Traffic(NamedTuple):
    """How it goes between this program and one endpoint; for progress and report."""

    in_flight: int
    waiting: int
    """Calls that wait for leave to be sent."""
    limit: int
    """Requests that may be under way at once, as learnt so far."""
    sent: int
    """Requests sent, retries included."""
    retries: int
    rate_limited: int
    """Answers with status 429."""
    paused_s: float
    """Seconds for which the endpoint asked to be left alone, overlaps counted once."""
    breaker: State
    opened: int
    """How often the breaker opened: after faults in a row, or after a refused key."""
    key_refused: bool
    """Whether the endpoint refuses the key at present."""

    @property
    def is_strained(self) -> bool:
        """Whether anything held calls up: a rate limit, a pause, an open breaker."""
        return self.rate_limited > 0 or self.paused_s > 0.0 or self.opened > 0


class Controller:
    """The pure core of the rate control of one endpoint.

    Args:
        limits: What the user allows.
    """

    def __init__(self, limits: Limits) -> None:
        self._places = Places(limits.max_in_flight)
        self._breaker = Breaker(limits.max_retries)
        self._policy = RetryPolicy(limits.max_retries)
        self._budget = RetryBudget(limits.max_in_flight)
        self._requests = _bucket(limits.requests_per_minute, whole=True)
        self._tokens = _bucket(limits.tokens_per_minute, whole=False)
        self._mean_tokens: float | None = None
        self._in_flight = 0
        self._sent = 0
        self._retries = 0
        self._rate_limited = 0
        self._resume_s = -math.inf
        self._paused_s = 0.0

    @property
    def mean_tokens(self) -> float:
        """Tokens that a call used of late, at least 1."""
        return max(1.0, self._mean_tokens or 1.0)

    def admit(self, now_s: float, tokens: float) -> Ticket | float | Trouble:
        """Whether the call whose turn it is may be sent.

        Args:
            now_s: The present, on any clock that only goes forward.
            tokens: What it will use, at a guess; 0 where nobody knows, and the mean of late stands in.

        Returns:
            The ticket, which must come back by `finished`; or the seconds after which to ask again, infinite where only
            the return of another ticket can change the answer; or why the call is to fail.
        """
        wait_s = self._breaker.wait_s(now_s)
        if isinstance(wait_s, Trouble):
            return wait_s
        wait_s = max(wait_s, self._resume_s - now_s)
        if self._in_flight >= int(self._places.value):
            return math.inf
        if self._requests is not None:
            wait_s = max(wait_s, self._requests.wait_s(now_s, 1.0))
        if self._tokens is not None:
            tokens = tokens or self.mean_tokens
            wait_s = max(wait_s, self._tokens.wait_s(now_s, tokens))
        return wait_s if wait_s > 0.0 else self._grant(now_s, tokens)

    def finished(self, now_s: float, ticket: Ticket, outcome: Outcome | None) -> None:
        """A try came back, or was given up without news (``None``), as when its call is cancelled."""
        under_way = self._in_flight
        self._in_flight -= 1
        if outcome is None:
            self._breaker.abandoned(ticket.serial)
            return
        if outcome.empty_for_s > 0.0:
            self._pause(now_s, outcome.empty_for_s)
        if outcome.tokens is not None:
            self._use(now_s, ticket, outcome.tokens)
        trouble = outcome.trouble
        if trouble is None or not trouble.crowded:
            self._places.answered(ticket.serial, self._sent, under_way)
        else:
            self._places.refused(ticket.serial, self._sent, under_way)
        if trouble is None:
            self._breaker.answered()
        else:
            self._judge(now_s, ticket, trouble)

    def retry_in_s(self, now_s: float, trouble: Trouble, retries: int, jitter: float) -> float | None:
        """Seconds until a failed call asks for leave again, or ``None`` where it has failed for good.

        Args:
            now_s: The present.
            trouble: What its last try ran into.
            retries: Retries that it has made.
            jitter: A uniform draw from [0, 1).
        """
        wait_s = self._policy.wait_s(trouble, retries, jitter)
        if wait_s is None:
            return None
        self._retries += 1
        return wait_s + self._budget.delay_s(now_s)

    def called(self, now_s: float) -> None:
        """A call came in, for its first try."""
        self._budget.first_try(now_s)

    def traffic(self, waiting: int) -> Traffic:
        """The present state; ``waiting`` is the gate's to know."""
        return Traffic(
            in_flight=self._in_flight,
            waiting=waiting,
            limit=int(self._places.value),
            sent=self._sent,
            retries=self._retries,
            rate_limited=self._rate_limited,
            paused_s=self._paused_s,
            breaker=self._breaker.state,
            opened=self._breaker.opened,
            key_refused=self._breaker.key_refused,
        )

    def _grant(self, now_s: float, tokens: float) -> Ticket:
        if self._requests is not None:
            self._requests.draw(now_s, 1.0)
        if self._tokens is not None:
            self._tokens.draw(now_s, tokens)
        ticket = Ticket(self._sent, tokens)
        self._breaker.sent(ticket.serial)
        self._sent += 1
        self._in_flight += 1
        return ticket

    def _judge(self, now_s: float, ticket: Ticket, trouble: Trouble) -> None:
        self._rate_limited += trouble.status == 429
        if trouble.retry_after_s is not None:
            self._pause(now_s, trouble.retry_after_s)
        if trouble.kind == "auth":
            self._breaker.refused_key(trouble, now_s)
        elif trouble.general:
            self._breaker.failed(ticket.serial, trouble, now_s)
        else:
            self._breaker.answered()

    def _pause(self, now_s: float, seconds: float) -> None:
        until_s = now_s + seconds
        self._paused_s += max(0.0, until_s - max(now_s, self._resume_s))
        self._resume_s = max(self._resume_s, until_s)

    def _use(self, now_s: float, ticket: Ticket, used: int) -> None:
        mean = self._mean_tokens
        self._mean_tokens = float(used) if mean is None else mean + _MEMORY * (used - mean)
        if self._tokens is not None:
            self._tokens.draw(now_s, used - ticket.tokens)


def _bucket(limit: int | None, *, whole: bool) -> Bucket | None:
    return None if limit is None else Bucket.per_minute(limit, whole=whole)
