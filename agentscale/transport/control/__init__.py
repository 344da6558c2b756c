"""The decisions of one endpoint's rate control, one idea a file. Nothing here waits, asks a clock or has a socket."""

from agentscale.transport.control.controller import Controller, Limits, Outcome, Ticket, Traffic

__all__ = ["Controller", "Limits", "Outcome", "Ticket", "Traffic"]
