"""Marks on a supervisor's screen at the hub: where they are, as their endpoint says, told to all who see screen and mark."""

from __future__ import annotations

import msgspec

from coachdesk.inkwire import Anchor, Poses
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.screenshare.coachscreen import CoachScreen
from coachdesk.media.screenshare.screenorder import ScreenOrder


class CoachMarks:
    """Taken from who shows a screen by the server's word, and from nobody else. Timestamps are those of the pictures as they
    come in; to each observer they are told as that observer gets them.
    """

    def __init__(self, ink: InkHub, coachs: CoachScreen, order: ScreenOrder) -> None:
        self._ink, self._coachs, self._order = ink, coachs, order
        self._newest: Poses | None = None

    def take(self, party: str, poses: Poses) -> bool:
        """``party`` says where marks are in a picture of theirs. False if they share no screen."""
        if not party or party != self._coachs.sharer:
            return False
        if self._coachs.state != "on":
            return True
        anchors = [msgspec.structs.replace(anchor, marks=anchor.marks[:1]) for anchor in poses.anchors]
        self._newest = Poses(frame=poses.frame, epoch=0, anchors=anchors, surface="coach")
        if self._coachs.agent_sees:
            self._ink.on_poses(self._seen_by("", self._newest))
        for observer in self._order.shown_coachs():
            self._tell(observer, self._newest)
        return True

    def set_offset(self, party: str, offset: int) -> None:
        """``party`` has to add that to the timestamps of pictures as they get them; is told of the newest by it."""
        line = self._ink.lines.of(party)
        if line is not None:
            line.screen_offset = offset
        if self._newest is not None and party in self._order.shown_coachs():
            self._tell(party, self._newest)

    def _tell(self, party: str, poses: Poses) -> None:
        line = self._ink.lines.of(party)
        if line is None or line.screen_offset is None:
            return
        seen = self._seen_by(party, poses)
        if seen.anchors:
            frame = (seen.frame - line.screen_offset) & 0xFFFFFFFF
            self._ink.tell(party, msgspec.structs.replace(seen, frame=frame))

    def _seen_by(self, party: str, poses: Poses) -> Poses:
        anchors: list[Anchor] = self._ink.seen(party, poses.anchors)
        return msgspec.structs.replace(poses, anchors=anchors)
