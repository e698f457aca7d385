"""A day at a help desk, for tests and screenshots: people, calls, and a fake endpoint that is told what to say."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from coachdesk import commands, events
from coachdesk.media.picture.framering import SharedPicture
from coachdesk.ui.link import Fault
from coachdesk.ui.preferences import Preferences
from coachdesk.ui.presenters.desk import Desk
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.settings import SettingsPresenter
from coachdesk.ui.presenters.wall import HelpCall
from coachdesk.ui.views.video import Picture
from signaling.policy import Mode, Role
from signaling.protocol import CallPhase, CallView, HelpView, LinkView, PartyView, WaitingView

NOW = 1_800_000_000.0
LONG_NAME = "Wilhelmina-Charlotte von Hohenzollern-Sigmaringen the Younger of Upper Saxony"


class FakeLink:
    """Keeps what was sent; ``answer`` and ``refuse`` do what an endpoint would."""

    def __init__(self) -> None:
        self.sent: list[commands.Command] = []
        self._failed: list[Callable[[Fault], None] | None] = []
        self._done: list[Callable[[], None] | None] = []

    def send(
        self,
        command: commands.Command,
        failed: Callable[[Fault], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        self.sent.append(command)
        self._failed.append(failed)
        self._done.append(done)

    def answer(self) -> None:
        """Carry out the last command."""
        done = self._done[-1]
        assert done is not None, "nobody asked to hear of success"
        done()

    def refuse(self, code: str, message: str = "") -> None:
        """Refuse the last command."""
        self.refuse_nth(-1, code, message)

    def refuse_nth(self, index: int, code: str, message: str = "") -> None:
        failed = self._failed[index]
        assert failed is not None, "nobody asked to hear of a refusal"
        failed(Fault(code, message))

    def modes(self) -> list[Mode]:
        return [command.mode for command in self.sent if isinstance(command, commands.SetMode)]

    def last(self, kind: type[commands.Command]) -> commands.Command:
        return [command for command in self.sent if type(command) is kind][-1]


def party(
    identity: str,
    name: str,
    role: Role,
    mode: Mode = Mode.LISTEN,
    *,
    in_force: bool = True,
    connected: bool = True,
) -> PartyView:
    return PartyView(party=identity, name=name, role=role, mode=mode, in_force=in_force, connected=connected)


AGENT = party("p-alex", "Alex", Role.AGENT)
CUSTOMER = party("p-jana", "Jana Novak", Role.CUSTOMER)
MIA = party("p-mia", "Mia", Role.SUPERVISOR)
SAM = party("p-sam", "Sam", Role.TRAINEE)
OTTO = party("p-otto", "Otto", Role.SUPERVISOR)


def with_mode(who: PartyView, mode: Mode, *, in_force: bool = True) -> PartyView:
    return msgspec.structs.replace(who, mode=mode, in_force=in_force)


def call(
    *parties: PartyView, label: str = "Router down", call: str = "c-1", age: float = 134, held: bool = False,
    help_: HelpView | None = None, agent: PartyView = AGENT, customer: PartyView = CUSTOMER,
) -> CallView:  # fmt: skip
    return CallView(
        call=call, label=label, team="Blue", agent=agent.party, customer=customer.party,
        phase=CallPhase.HELD if held else CallPhase.LIVE, started_at=NOW - age, revision=1,
        parties=[agent, customer, *parties], help=help_,
    )  # fmt: skip


def wall_calls() -> list[CallView]:
    people = [("Priya", "Tom Okafor", "Heat pump shows E4", 322), ("Lena", "Marta Ruiz", "Invoice 88120", 47),
              ("Jonas", "Dieter Voss", "Printer offline", 205),
              ("Nadia", "Ines Moreau", "Move-in inspection", 64)]  # fmt: skip
    found = [call(MIA, age=134, help_=None)]
    for number, (agent, customer, label, age) in enumerate(people, 2):
        found.append(
            call(
                *([SAM] if number == 3 else []),
                label=label,
                call=f"c-{number}",
                age=age,
                held=number == 4,
                agent=party(f"a-{number}", agent, Role.AGENT),
                customer=party(f"k-{number}", customer, Role.CUSTOMER),
                help_=HelpView("Customer is upset", NOW - 38)
                if number == 2
                else HelpView("Discount or refund", NOW - 90, "Otto")
                if number == 3
                else None,
            )
        )
    return found


def ready(who: PartyView) -> events.Ready:
    return events.Ready(party=who.party, name=who.name, role=who.role, team="Blue", awareness="all")


LEVELS = events.Levels(
    levels={"mic": -34.0, "speaker": -22.0, "customer": -19.0, "agent": -26.0, "coach0": -41.0}
)


def reading(mos: float = 4.3, grade: events.Grade = "good") -> events.Reading:
    return events.Reading(
        mos=mos, grade=grade, delay_ms=86.4, playout_ms=32.0, jitter_ms=4.4, loss=0.021, concealed=0.004
    )


TALK = events.TalkTime(seconds={"agent": 61.5, "customer": 80.2}, together=3.1, silence=12.0, quiet_for=0.0)
LEAK = events.Leak(closed=False, level_db=-50.0, at_customer_dbfs=-78.0)
LEAKS = events.Leak(closed=True, level_db=-31.0, at_customer_dbfs=-52.0, message="Put on a headset.")
QUALITY = events.Quality(readings={"customer": reading(), "p-mia": reading(3.6, "fair")})
LOBBY = events.Lobby(
    links=[
        LinkView(link="l-1", label="Router down, ticket 4711", uses_left=1, expires_at=NOW + 3100),
        LinkView(link="l-2", label="Heat pump, serial 88-120", uses_left=10, expires_at=NOW + 86400 * 3),
    ],
    waiting=[
        WaitingView(
            party="w-1", name="Jana Novak", label="Router down", since=NOW - 74, camera=True, microphone=True
        ),
        WaitingView(
            party="w-2", name="Tom Okafor", label="Heat pump", since=NOW - 12, camera=False, microphone=True
        ),
    ],
)


def make_desk(
    who: PartyView, link: FakeLink | None = None, now: Callable[[], float] = lambda: NOW,
    on_help: Callable[[HelpCall], None] = lambda _: None,
) -> tuple[Desk, FakeLink]:  # fmt: skip
    """A signed-in desk over a fake endpoint."""
    link = link or FakeLink()
    settings = SettingsPresenter(link, Preferences(), lambda _: None, lambda _: None)
    desk = Desk(link, Notices(), settings, now, on_help)
    desk.handle(ready(who))
    return desk, link


class StillPictures:
    """Shows one picture, once as each of ``frames``."""

    def __init__(self, picture: Picture, *frames: int) -> None:
        self._picture = picture
        self._frames = list(frames or (0,))
        self.closed = False

    def read(self) -> SharedPicture | None:
        return SharedPicture(self._picture, 1, 0.0, self._frames.pop(0)) if self._frames else None

    def close(self) -> None:
        self.closed = True


def desktop_picture(width: int = 1920, height: int = 1080) -> Picture:
    """What an agent's screen might show: a window with lines of text. BGRA."""
    import cv2

    image = np.full((height, width, 4), (120, 90, 60, 255), np.uint8)
    image[80 : height - 80, 120 : width - 120] = (250, 250, 250, 255)
    for line in range(18):
        at, words = (
            (180, 160 + 44 * line),
            f"Order {4711 + line}   Router WR-{line}0   shipped to Springfield",
        )
        cv2.putText(image, words, at, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30, 255), 2, cv2.LINE_AA)
    image[:, :, 3] = 255  # smooth letters would let through what is behind the screen
    return image


def _thumbnail(shade: int) -> str:
    import base64

    import cv2

    return base64.b64encode(
        cv2.imencode(".png", np.full((90, 160, 3), shade, np.uint8))[1].tobytes()
    ).decode()


SOURCES = events.Screens(
    screens=[
        events.SourceView("screen:0", "screen", "HDMI-1", 1920, 1080, _thumbnail(90)),
        events.SourceView("window:7", "window", "Order 4711", 800, 600, _thumbnail(200)),
        events.SourceView("window:9", "window", LONG_NAME, 800, 600),
    ]
)


def router_picture(width: int = 1280, height: int = 720) -> Picture:
    """What a customer's phone might show: a router on a shelf, one lamp red. BGRA."""
    import cv2

    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.clip(1.15 - np.hypot(across - width * 0.35, down - height * 0.2) / width, 0.25, 1.0)
    image = (np.array([176, 190, 200], np.float32) * light[..., None]).astype(np.uint8)
    shelf = int(height * 0.72)
    image[shelf:] = (np.array([52, 84, 128], np.float32) * light[shelf:, :, None]).astype(np.uint8)
    cv2.rectangle(image, (0, shelf), (width, shelf + 14), (40, 66, 104), -1)
    for x in (0.34, 0.44, 0.56, 0.66):
        top = (int(width * (x + (x - 0.5) * 0.12)), int(height * 0.24))
        cv2.line(image, (int(width * x), int(height * 0.56)), top, (38, 36, 34), 16, cv2.LINE_AA)
    body = np.array([[0.26, 0.55], [0.74, 0.55], [0.78, 0.72], [0.22, 0.72]]) * (width, height)
    cv2.fillPoly(image, [body.astype(np.int32)], (46, 44, 42), cv2.LINE_AA)
    front = np.array([[0.22, 0.685], [0.78, 0.685], [0.78, 0.735], [0.22, 0.735]]) * (width, height)
    cv2.fillPoly(image, [front.astype(np.int32)], (30, 28, 27), cv2.LINE_AA)
    for number in range(7):
        colour = (60, 60, 235) if number == 4 else (110, 220, 90)
        centre = (int(width * (0.34 + number * 0.05)), int(height * 0.71))
        cv2.circle(image, centre, 6, colour, -1, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 0.9)
    return np.ascontiguousarray(np.dstack([image, np.full((height, width), 255, np.uint8)]))
