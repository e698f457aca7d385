"""What presenters need of an endpoint: a way to send commands, and what can go wrong with one. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from coachdesk.commands import Command


class Fault(Exception):
    """A command that was not carried out. ``code`` is stable: a ``signaling.protocol.Code``, or one of this file's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


NO_ANSWER = "no_answer"
ENDPOINT_GONE = "endpoint_gone"
TOO_MANY_COMMANDS = "too_many_commands"


class Link(Protocol):
    """The endpoint, as a presenter sees it. Answers arrive as events, like everything else."""

    def send(
        self,
        command: Command,
        failed: Callable[[Fault], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Send ``command`` at once, in order. ``failed`` hears of a refusal, which else becomes a notice; ``done`` of
        success, after the answer's event.
        """
