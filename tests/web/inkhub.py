"""The agent's end of the ink, scripted: what the page says on both channels, and whatever a test has it told."""

from __future__ import annotations

import json
from typing import Any

from aiortc import RTCDataChannel

from coachdesk.media.ink.stillpipe import StillPipe
from tests.web.agent import Agent
from tests.web.desk import until

LOG = "log-1"


class InkHub:
    """Beside an Agent that has not called yet: makes the two channels, answers ``have``, keeps a log.

    Attributes:
        said: every message of the page on ``ink``, in order.
        live: every message of the page on ``ink-live``.
        entries: the log so far; ``log`` its name.
        stills: its end of that channel; ``got``: what came on it.
    """

    def __init__(self, agent: Agent, entries: list[dict[str, Any]] | None = None, log: str = LOG) -> None:
        self.said: list[dict[str, Any]] = []
        self.live: list[dict[str, Any]] = []
        self.entries = list(entries or [])
        self.log = log
        self.echoes = True
        self._ink: RTCDataChannel = agent.pc.createDataChannel("ink", negotiated=True, id=100)
        self._live: RTCDataChannel = agent.pc.createDataChannel(
            "ink-live", negotiated=True, id=101, ordered=False, maxRetransmits=0
        )
        self.stills = StillPipe(agent.pc)
        self.got: list[Any] = []
        self.stills.on_message = self.got.append
        self._stage: dict[str, Any] = {"kind": "stage", "epoch": 1, "colour": "#2f7cf6"}
        self._ink.on("message", self._heard)
        self._live.on("message", lambda text: self.live.append(json.loads(text)))

    async def ready(self) -> None:
        await until(lambda: self.all("have"), "the page said how much of the log it has")

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.said if message["kind"] == kind]

    def edits(self, kind: str) -> list[dict[str, Any]]:
        """Every edit of a kind the page has done, in order."""
        return [edit for message in self.all("edits") for edit in message["edits"] if edit["kind"] == kind]

    def say(self, message: dict[str, Any] | str) -> None:
        """The page may have spoken before this end counts as open, and gone before it is answered."""
        text = message if isinstance(message, str) else json.dumps(message)
        if self._ink.readyState == "connecting":
            self._ink.once("open", lambda: self._ink.send(text))
        elif self._ink.readyState == "open":
            self._ink.send(text)

    def say_live(self, message: dict[str, Any]) -> None:
        self._live.send(json.dumps(message))

    def stage(self, **more: Any) -> None:
        """Says what is drawn on, now and to whoever asks later."""
        self._stage |= more
        self.say(self._stage)

    def enter(self, *edits: dict[str, Any], author: str = "agent", now: float | None = None) -> None:
        """Puts edits into the log and tells the page."""
        at = float(len(self.entries)) if now is None else now
        before = len(self.entries)
        self.entries += [
            {"n": before + number, "at": at, "author": author, "edit": edit, "audience": "public"}
            for number, edit in enumerate(edits, 1)
        ]
        self._tell(before, at)

    def _tell(self, seq: int, now: float) -> None:
        self.say({"kind": "log", "log": self.log, "seq": seq, "now": now, "entries": self.entries[seq:]})

    def _heard(self, text: str) -> None:
        message = json.loads(text)
        self.said.append(message)
        if message["kind"] == "have":
            self.say(self._stage)
            self._tell(message["seq"] if message["log"] == self.log else 0, float(len(self.entries)))
        if message["kind"] == "edits" and self.echoes:
            self.enter(*message["edits"], author="customer")
