"""What the server does not answer, in the form in which OpenAI says so."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from agentscale.errors import AgentscaleError, EndpointError


class Refused(AgentscaleError):
    """A request that gets no answer.

    Args:
        message: What was got, what is allowed, the remedy.
        status: The HTTP status.
        kind: OpenAI's ``type``.
        param: The field at fault.
        code: OpenAI's ``code``.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        super().__init__(message)

    @property
    def body(self) -> dict[str, Any]:
        """The object that is sent."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}}

    @classmethod
    def unfit(cls, error: ValidationError) -> Refused:
        """For a body that is not what the path takes; tells of the first fault."""
        first = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            return cls(f"Unrecognized request argument supplied: {param}", param=param)
        message = first["msg"].removeprefix("Value error, ")
        return cls(f"{param}: {message}" if param else f"the body is not right: {message}", param=param or None)

    @classmethod
    def unknown_model(cls, name: str, known: list[str]) -> Refused:
        """For a model that is not served."""
        message = f"the model {name!r} does not exist here; served: {', '.join(known)}"
        return cls(message, status=404, param="model", code="model_not_found")

    @classmethod
    def no_logprobs(cls, why: str) -> Refused:
        """For probabilities that are not known."""
        return cls(f"logprobs is not to be had here: {why}; leave it out", param="logprobs")

    @classmethod
    def failed(cls, error: EndpointError) -> Refused:
        """For an answer that is a failure, scripted or recorded."""
        return cls(str(error), status=error.status or 502, kind=error.kind)
