"""What a run has done so far: the one thing that progress, summary and machines read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from agentscale.prices import Quote
from agentscale.recording import Answer
from agentscale.schema.calls import Usage
from agentscale.schema.run import Transcript
from agentscale.transport import Traffic


@dataclass
class Tally:
    """What a run has done so far; whoever watches reads it."""

    trials: int
    """Trials of the sweep."""
    calls_at_most: int = 0
    """Calls of all trials, if none were shared, known or failed."""
    trials_done: int = 0
    trials_left_out: int = 0
    """Trials that the budget did not admit."""
    trials_broken_off: int = 0
    """Trials under way that ended without a transcript: the run was stopped, or the budget allowed no more."""
    calls_asked: int = 0
    """Calls really made: neither known from the recording nor shared with another cell."""
    calls_in_flight: int = 0
    """Calls that were under way when an earlier run of this folder was killed, and whose answers were lost."""
    calls_asked_again: int = 0
    """How many of those were asked again."""
    calls_failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    """Those of ``tokens_in`` that endpoints said they had cached."""
    tokens_reasoning: int = 0
    """Tokens of reasoning, as far as endpoints told."""
    usage_unknown: int = 0
    """Answered calls of which the endpoint reported no tokens."""
    usd: float | None = 0.0
    """What the calls cost in US dollars; ``None`` where a price or the tokens of a priced call are unknown. What was
    billed for failed calls of a known price is not known either, and not in it."""
    retries: int = 0
    tool_uses: int = 0
    """Uses of tools in the trials that ended, known ones included."""
    tool_errors: int = 0
    """How many of those went wrong: no such tool, arguments that do not fit, an error of the tool."""
    missing: int = 0
    """Team answers that are missing."""
    failures: dict[str, int] = field(default_factory=dict)
    """Failed calls by model and kind."""
    first_words: dict[str, str] = field(default_factory=dict)
    """What the first failure of each model and kind said."""
    trials_by_cell: dict[str, int] = field(default_factory=dict)
    """Trials of the sweep, by cell."""
    done_by_cell: dict[str, int] = field(default_factory=dict)
    """Trials that ended, by cell."""
    caps_reached: list[str] = field(default_factory=list)
    """The caps of the budget that were reached, in words."""
    traffic: dict[str, Traffic] = field(default_factory=dict)
    """How it goes with each endpoint that held calls up, by its name."""
    refused: str | None = None
    """Why the run ended before its end: no endpoint takes its key. What to do stands in it."""
    stopped: bool = False
    """The user stopped the run before its end."""

    def call(self, model: str, answer: Answer, quote: Quote | None) -> None:
        """Counts a call of ``model`` that was made, at the price of ``quote``."""
        self.calls_asked += 1
        if quote is None:  # whether it was answered or not
            self.usd = None
        self.retries += answer.clock.retries
        if answer.failure is not None:
            self.calls_failed += 1
            kind = f"{model}: {answer.failure.kind}"
            self.failures[kind] = self.failures.get(kind, 0) + 1
            self.first_words.setdefault(kind, answer.failure.message)
        if answer.completion is not None:
            self._use(answer.completion.usage, quote)

    def _use(self, usage: Usage, quote: Quote | None) -> None:
        self.tokens_in += usage.tokens_in or 0
        self.tokens_out += usage.tokens_out or 0
        self.tokens_cached += usage.cached_in or 0
        self.tokens_reasoning += usage.reasoning_out or 0
        counted = usage.tokens_in is not None and usage.tokens_out is not None
        self.usage_unknown += not counted
        if quote is None or self.usd is None:
            return
        if not (counted or quote.is_free):
            self.usd = None
        else:
            tokens_in = usage.tokens_in or 0
            self.usd += quote.usd(tokens_in, usage.tokens_out or 0, min(tokens_in, usage.cached_in or 0))

    def plus(self, other: Tally) -> Tally:
        """What this run and another have done, each on its own trials of one sweep."""
        values: dict[str, Any] = {}
        for name in (each.name for each in fields(self)):
            one, two = getattr(self, name), getattr(other, name)
            if isinstance(one, dict) and name in ("traffic", "first_words"):
                values[name] = {**two, **one}
            elif isinstance(one, dict):
                values[name] = {key: one.get(key, 0) + two.get(key, 0) for key in {**one, **two}}
            elif isinstance(one, list):
                values[name] = list(dict.fromkeys([*one, *two]))
            elif isinstance(one, bool) or name == "refused":
                values[name] = one or two
            else:
                values[name] = None if one is None or two is None else one + two
        return Tally(**values)

    def after(self, shares: Tally) -> Tally:
        """What was done in all, where shares of the run had asked before: their calls, and the trials of this one."""
        both = self.plus(shares)
        own = ("trials", "calls_at_most", "trials_done", "trials_left_out", "trials_broken_off", "missing")
        more = ("tool_uses", "tool_errors", "trials_by_cell", "done_by_cell", "caps_reached", "stopped")
        return replace(both, **{name: getattr(self, name) for name in (*own, *more)})

    def trial(self, transcript: Transcript) -> None:
        """Counts a trial that ended."""
        self.trials_done += 1
        self.done_by_cell[transcript.cell] = self.done_by_cell.get(transcript.cell, 0) + 1
        self.missing += transcript.answer is None
        uses = [event for event in transcript.events if event.role == "tool"]
        self.tool_uses += len(uses)
        self.tool_errors += sum(event.error is not None for event in uses)


Watch = Callable[[Tally], None]
"""Is told after every call and every trial, and now and then while none ends."""
