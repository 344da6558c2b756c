"""How a program that answers a question is tried: on what it is run, and what should come of it."""

from __future__ import annotations

from pydantic import Field, model_validator

from agentscale.schema.record import Record


class Case(Record):
    """One use of a program. Exactly one of ``call``, ``stdin`` and ``check`` is given."""

    call: str | None = Field(default=None, min_length=1)
    """A Python expression such as ``add(2, 3)``, evaluated after the program: its ``repr`` is the output."""
    stdin: str | None = None
    """What the program reads: what it prints is the output."""
    check: str | None = Field(default=None, min_length=1)
    """Python that runs after the program, such as ``assert add(2, 3) == 5``: it passes if it ends without an error."""
    want: str | None = None
    """The right output of a ``call`` or of ``stdin``. Two Python literals are compared by value, texts as they are but
    for blanks at the ends of lines."""

    @model_validator(mode="after")
    def _one_use(self) -> Case:
        if sum(use is not None for use in (self.call, self.stdin, self.check)) != 1:
            raise ValueError("give exactly one of call, stdin, check")
        if self.check is not None and self.want is not None:
            raise ValueError("a check passes or fails by itself: leave want out")
        return self


class ProgramTests(Record):
    """What programs for one question are tried on."""

    setup: str = ""
    """Python that runs before the program, such as imports that its tests rely on."""
    hidden: tuple[Case, ...] = Field(min_length=1)
    """Those that decide whether a program is right: it must pass all of them."""
    visible: tuple[Case, ...] = ()
    """Those by whose outputs programs are alike when they vote; a program may pass or fail them. Without any, only
    programs of one text are alike."""

    seconds: float = Field(default=5.0, gt=0, le=600)
    """Of the clock, for all calls and checks together, and for each input."""
    memory_mb: int = Field(default=256, ge=16)
    """Megabytes (2²⁰ bytes) beyond the interpreter's own."""

    @model_validator(mode="after")
    def _hidden_are_decided(self) -> ProgramTests:
        for case in self.hidden:
            if case.check is None and case.want is None:
                raise ValueError("a hidden case needs what is right: want, or a check")
        return self
