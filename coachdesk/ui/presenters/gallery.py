"""The photos of a call: asked for, marked, captioned, kept for the report; and codes that are read in view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.gestures import finished
from coachdesk.soundcourse import Minute, SoundCourse
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.photo_wording import code_read, failed, progress
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.sound_wording import sounds_of
from signaling.policy import Mode, Role
from signaling.protocol import CallView

MOST_KEPT = 24
"""Photos in the gallery of one call, each some megabytes; beyond that the oldest goes."""
CAPTION_LETTERS = 200
HEARD = (Mode.BARGE, Mode.TAKEOVER)
"""Modes in which the customer hears a coach."""
COLOUR, WIDTH = "#e5484d", 0.006
MAX_NUMBER = 999


@dataclass
class PhotoMark:
    """A mark on a photo, in its coordinates, 0 to 1; see ``annotation.Mark``."""

    tool: Tool
    path: list[Point]
    colour: str = COLOUR
    width: float = WIDTH
    text: str = ""
    number: int = 0


@dataclass
class Still:
    """A photo of the call, or a snapshot of a shared ``screen``. ``data``: the JPEG or PNG; ``taken_at``: Unix seconds, when
    it came here.
    """

    photo: str
    data: bytes
    taken_at: float
    caption: str = ""
    marks: list[PhotoMark] = field(default_factory=list)
    screen: bool = False


@dataclass(frozen=True)
class Report:
    """What is kept of a call's photos.

    Attributes:
        about: title of the call.
        parties: a name (or "") and a role each: those whom the customer has met. A report is passed on, and must not
            tell who listened.
        started_at, ended_at: Unix seconds; ``ended_at`` is None while it goes on.
        sound: how customer and agent heard each other, as far as it was measured: a title and its minutes each.
    """

    about: str
    parties: list[tuple[str, str]]
    started_at: float
    ended_at: float | None
    stills: list[Still]
    sound: list[tuple[str, list[Minute]]] = field(default_factory=list)


class GalleryPresenter(Presenter):
    """Attributes:
    stills: of this call, or of the last one until the next begins; oldest first.
    call: that call. ended_at: when it was over, Unix seconds; None while it goes on.
    coming: words on a photo that is on its way, or "".
    tool: what photos are drawn on with.
    """

    def __init__(self, link: Link, notices: Notices, now: Callable[[], float]) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self._now = now
        self._me: events.Ready | None = None
        self._mode = Mode.LISTEN
        self._met: set[str] = set()
        self._shared: set[str] = set()
        self._course = SoundCourse()
        self.stills: list[Still] = []
        self.call: CallView | None = None
        self.ended_at: float | None = None
        self.coming = ""
        self.tool = Tool.ARROW
        self.to_clipboard: Callable[[str], None] = lambda _: None

    # --- what the endpoint tells ---

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Ready():
                self._me = event
            case events.Call(call=call):
                self._enter(call)
            case events.ModeChanged(mode=mode):
                self._mode = mode
            case events.Quality(readings=readings):
                self._hear(readings)
                return
            case events.Ended() | events.Left():
                self._leave()
            case events.Photo():
                self._take(event)
            case events.Sharing(state=state):
                self._note_share("own", on=state == "on")
            case events.Screen(party=party, state=state):
                self._note_share(party, on=state == "on")
            case events.Codes(codes=codes):
                self._copy(codes)
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self._leave()
        self.changed()

    def _hear(self, readings: dict[str, events.Reading]) -> None:
        if self.call is not None and self.ended_at is None:
            self._course.add(readings, max(0, int((self._now() - self.call.started_at) // 60)))

    def _note_share(self, whose: str, *, on: bool) -> None:
        (self._shared.add if on else self._shared.discard)(whose)

    def _enter(self, call: CallView) -> None:
        if self.call is None or self.call.call != call.call:
            self.stills, self._met, self._course = [], set(), SoundCourse()
        self.call, self.ended_at = call, None
        self._met |= {party.party for party in call.parties if party.mode in HEARD and party.in_force}

    def _leave(self) -> None:
        if self.call is not None and self.ended_at is None:
            self.ended_at = self._now()
        self.coming = ""
        self._shared.clear()

    def _take(self, photo: events.Photo) -> None:
        self.coming = progress(photo)
        if photo.stage == "failed":
            self._notices.show(Notice("photo", "warning", *failed(photo.reason)))
        if photo.stage != "ready":
            return
        try:
            data = Path(photo.file).read_bytes()
        except OSError:
            self._notices.show(Notice("photo", "warning", *failed("not_fetched")))
            return
        screen = photo.of == "screen"
        marks = [PhotoMark(**msgspec.structs.asdict(mark)) for mark in photo.marks]
        still = Still(photo.photo, data, self._now(), marks=marks, screen=screen)
        self.stills = [*self.stills, still][-MOST_KEPT:]
        what = "A snapshot was taken" if screen else "A photo has come"
        self._notices.show(Notice("photo", "success", what, "Open the gallery to mark and keep it."))

    def _copy(self, codes: list[events.CodeView]) -> None:
        self.to_clipboard("\n".join(code.text for code in codes))
        self._notices.show(Notice("code", "success", *code_read(codes)))

    # --- what the user does ---

    @property
    def live(self) -> bool:
        return self.call is not None and self.ended_at is None

    @property
    def may_ask(self) -> bool:
        """Whether this user may have a photo taken."""
        agent = self._me is not None and self._me.role is Role.AGENT
        return self.live and (agent or self._mode is Mode.TAKEOVER)

    def ask(self) -> None:
        if self.may_ask and not self.coming:
            self._link.send(commands.Photo())

    @property
    def may_snap(self) -> bool:
        """Whether this user may take a snapshot now: those who may have a photo taken, of a screen that is seen."""
        return self.may_ask and bool(self._shared)

    def snap(self) -> None:
        """A snapshot of the screen that is shared."""
        if self.may_snap:
            self._link.send(commands.Snapshot())

    def read_code(self, still: Still | None = None) -> None:
        """In the live picture, or on a photo: what it says goes to the clipboard."""
        if self.live:
            self._link.send(commands.ReadCode(photo=still.photo if still is not None else ""))

    def choose(self, tool: Tool) -> None:
        self.tool = tool
        self.changed()

    def draw(self, still: Still, points: list[Point]) -> None:
        """A mark on a photo; during the call it appears in the live picture as well, where that shows the same thing. One
        on a snapshot does not.
        """
        if len(points) > 1:
            number = _next_number(still) if self.tool is Tool.STAMP else 0
            self._add(still, PhotoMark(self.tool, list(finished(self.tool, points)), number=number))

    def write(self, still: Still, at: Point, words: str) -> None:
        """The same, of words that begin there."""
        if words.strip():
            self._add(still, PhotoMark(Tool.TEXT, [at], text=words.strip()))

    def _add(self, still: Still, mark: PhotoMark) -> None:
        still.marks.append(mark)
        self.changed()
        if self.live and not still.screen:
            command = commands.DrawOnPhoto(
                photo=still.photo,
                tool=mark.tool,
                points=mark.path,
                colour=mark.colour,
                width=mark.width,
                text=mark.text,
                number=mark.number,
            )
            self._link.send(command, self._not_placed)

    def _not_placed(self, fault: Fault) -> None:
        if fault.code == "not_in_view":
            self._notices.show(Notice("photo-mark", "info", "Marked on the photo alone", fault.message))
        else:
            self._notices.report(fault)

    def undo(self, still: Still) -> None:
        """Takes the last mark off the photo; in the live picture it has a life of its own."""
        if still.marks:
            still.marks.pop()
            self.changed()

    @property
    def report(self) -> Report | None:
        """None while there are no photos."""
        call = self.call
        if call is None or not self.stills:
            return None
        met = [party for party in call.parties if party.party in {call.agent, call.customer} | self._met]
        parties = [(party.name, party.role.value) for party in met]
        own = self._me is not None and self._me.role is Role.AGENT
        titles = sounds_of(call, own=own).items()
        sound = [(title, minutes) for source, title in titles if (minutes := self._course.of(source))]
        return Report(call.label, parties, call.started_at, self.ended_at, list(self.stills), sound)

    def describe(self, still: Still, caption: str) -> None:
        still.caption = caption[:CAPTION_LETTERS]


def _next_number(still: Still) -> int:
    numbers = (mark.number for mark in still.marks if mark.tool is Tool.STAMP)
    return min(MAX_NUMBER, max(numbers, default=0) + 1)
