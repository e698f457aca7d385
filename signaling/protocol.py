"""The messages between clients and the signaling server, their limits and error codes. Pure.

A message is one JSON object in one WebSocket text frame; ``type`` names it. A request carries ``id`` (the client's
own counter); its answer carries the same number as ``re``. PROTOCOL.md tells the order in which a session happens.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from signaling.codes import Code as Code
from signaling.codes import EndReason as EndReason
from signaling.fields import HiddenWindows, Identifier, Label, Reason, Regions, Secret
from signaling.fields import Request as Request
from signaling.photomessages import AskPhoto as AskPhoto
from signaling.photomessages import FailPhoto as FailPhoto
from signaling.photomessages import OpenPhoto as OpenPhoto
from signaling.photomessages import PhotoState as PhotoState
from signaling.photomessages import PhotoTicket as PhotoTicket
from signaling.photomessages import PhotoWanted as PhotoWanted
from signaling.policy import MODE_ACTION, Action, Mode, Role
from signaling.quality import Score, Sound
from signaling.sharemessages import ShareScreen as ShareScreen
from signaling.sharemessages import ShowScreen as ShowScreen
from signaling.sharemessages import TakeSnapshot as TakeSnapshot
from signaling.signalmessages import Answer as Answer
from signaling.signalmessages import Candidate as Candidate
from signaling.signalmessages import Offer as Offer
from signaling.signalmessages import Restart as Restart
from signaling.signalmessages import Signal as Signal
from signaling.signalmessages import SignalBody as SignalBody
from signaling.views import Awareness as Awareness
from signaling.views import CallPhase as CallPhase
from signaling.views import CallView as CallView
from signaling.views import HelpView as HelpView
from signaling.views import IceServer as IceServer
from signaling.views import LinkView as LinkView
from signaling.views import PartyView as PartyView
from signaling.views import Shown as Shown
from signaling.views import WaitingView as WaitingView

VERSION = 1
MAX_MESSAGE_BYTES = 64 * 1024
MAX_OBSERVERS = 8
MAX_COACHES = 4
"""Observers that may speak (supervisors, admins) on one call; each has an audio slot to every other observer."""

QuickReply = Literal["got_it", "say_again", "wrap_up"]

# --- requests: client to server -----------------------------------------------------------------------------


class Hello(Struct, frozen=True, tag="hello", forbid_unknown_fields=True):
    """First message of every connection: exactly one of ``token`` (staff), ``link`` (customer) or ``resume``."""

    version: int
    token: Secret = ""
    link: Secret = ""
    resume: Secret = ""


class Ping(Request, frozen=True, tag="ping"):
    pass


class CreateLink(Request, frozen=True, tag="create_link"):
    label: Label = ""
    uses: Annotated[int, Meta(ge=1, le=1000)] = 1
    expires_in: Annotated[int, Meta(ge=10, le=30 * 86400)] = 3600


class RevokeLink(Request, frozen=True, tag="revoke_link"):
    link: Identifier


class Knock(Request, frozen=True, tag="knock"):
    """The customer consents to what is captured, and enters the lobby. Uses up one use of the link."""

    name: Label = ""
    camera: bool = False
    microphone: bool = False


class UpdateConsent(Request, frozen=True, tag="update_consent"):
    """After ``knock``: the customer has switched something on or off, and this is captured from now on."""

    camera: bool
    microphone: bool


class Admit(Request, frozen=True, tag="admit"):
    party: Identifier


class Decline(Request, frozen=True, tag="decline"):
    party: Identifier


class Listen(Request, frozen=True, tag="listen"):
    """Observe a call; on another call already, this leaves that one (a hop)."""

    call: Identifier


class Leave(Request, frozen=True, tag="leave"):
    call: Identifier


class SetMode(Request, frozen=True, tag="set_mode"):
    call: Identifier
    mode: Mode


class Applied(Request, frozen=True, tag="applied"):
    """The agent's endpoint has wired everything up to ``revision``."""

    call: Identifier
    revision: Annotated[int, Meta(ge=0)]


class Hold(Request, frozen=True, tag="hold"):
    call: Identifier
    on: bool


class AskHelp(Request, frozen=True, tag="ask_help"):
    call: Identifier
    reason: Reason = ""


class CancelHelp(Request, frozen=True, tag="cancel_help"):
    call: Identifier


class ClaimHelp(Request, frozen=True, tag="claim_help"):
    call: Identifier


class Reply(Request, frozen=True, tag="reply"):
    """The agent's silent answer to the coaches."""

    call: Identifier
    reply: QuickReply


class HangUp(Request, frozen=True, tag="hang_up"):
    call: Identifier


class ReportQuality(Request, frozen=True, tag="report_quality"):
    """How good each sound was at the sender's endpoint since its last report; to be sent every 10 seconds."""

    call: Identifier
    heard: Annotated[dict[Sound, Score], Meta(min_length=1)]


ClientMessage = (
    Hello
    | Ping
    | CreateLink
    | RevokeLink
    | Knock
    | UpdateConsent
    | Admit
    | Decline
    | Listen
    | Leave
    | SetMode
    | Applied
    | Hold
    | AskHelp
    | CancelHelp
    | ClaimHelp
    | Reply
    | HangUp
    | ReportQuality
    | AskPhoto
    | FailPhoto
    | OpenPhoto
    | ShareScreen
    | ShowScreen
    | TakeSnapshot
    | Signal
)


# --- answers and events: server to client -------------------------------------------------------------------


class Welcome(Struct, frozen=True, tag="welcome"):
    """``resume`` lets this party come back on a new connection; ``ice`` is for its peer connections."""

    version: int
    party: str
    role: Role
    name: str
    team: str
    resume: str
    ice: list[IceServer]
    awareness: Awareness = "all"
    hidden_windows: HiddenWindows = ()
    hidden_regions: Regions = ()


class Invitation(Struct, frozen=True, tag="invitation"):
    """What a customer is told before consenting. ``announcement``: what the team's policy says to announce."""

    party: str
    resume: str
    invited_by: str
    team: str
    label: str
    ice: list[IceServer]
    announcement: str = ""


class FreshIce(Struct, frozen=True, tag="fresh_ice"):
    """TURN credentials expire: these replace the ones of ``welcome`` or ``invitation`` for new peer connections."""

    ice: list[IceServer]


class TeamPolicy(Struct, frozen=True, tag="team_policy"):
    """The team's policy has changed: this replaces the ``awareness`` and what is hidden of screens in ``welcome``."""

    awareness: Awareness
    hidden_windows: HiddenWindows = ()
    hidden_regions: Regions = ()


class Ok(Struct, frozen=True, tag="ok"):
    re: int


class Refused(Struct, frozen=True, tag="refused"):
    """``re`` is 0 when the refused frame had no readable ``id``."""

    re: int
    code: Code
    message: str


class LinkCreated(Struct, frozen=True, tag="link_created"):
    """``path`` is relative to the server's origin; the secret stands behind ``#``, so no server logs it.

    ``url``: the whole address, where the server knows its own.
    """

    re: int
    link: str
    path: str
    expires_at: float
    url: str = ""


class Lobby(Struct, frozen=True, tag="lobby"):
    """To an agent: their open links and who waits. Sent whole at every change."""

    links: list[LinkView]
    waiting: list[WaitingView]


class Calls(Struct, frozen=True, tag="calls"):
    """To supervisors, trainees and admins: every call they may listen to. Sent whole at every change."""

    calls: list[CallView]


class CallState(Struct, frozen=True, tag="call_state"):
    """To the agent and observers of a call, at every change of it."""

    call: CallView


class CustomerState(Struct, frozen=True, tag="customer_state"):
    """All a customer is told about their call; by construction it has no room for observers."""

    call: str
    phase: Literal["waiting", "live", "held", "agent_away"]
    agent: str
    agent_name: str


class Signalled(Struct, frozen=True, tag="signalled"):
    """``sender`` is stamped by the server from the connection the message came on."""

    call: str
    sender: str
    body: SignalBody


class Replied(Struct, frozen=True, tag="replied"):
    call: str
    sender: str
    name: str
    reply: QuickReply


class Ended(Struct, frozen=True, tag="ended"):
    call: str
    reason: EndReason


class Goodbye(Struct, frozen=True, tag="goodbye"):
    """The last message before the server closes the connection."""

    code: Code
    message: str


ServerMessage = (
    Welcome
    | Invitation
    | FreshIce
    | TeamPolicy
    | Ok
    | Refused
    | LinkCreated
    | Lobby
    | Calls
    | CallState
    | CustomerState
    | Signalled
    | Replied
    | PhotoWanted
    | PhotoState
    | PhotoTicket
    | Ended
    | Goodbye
)


class ProtocolError(Exception):
    """A frame that is not a message of this protocol. ``re`` is the request id where it could be read."""

    def __init__(self, message: str, re: int = 0) -> None:
        super().__init__(message)
        self.re = re


class _AnyId(Struct):
    id: int = 0


_encoder = msgspec.json.Encoder()
_from_client: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_from_server: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_any_id = msgspec.json.Decoder(_AnyId)


def dump(message: ClientMessage | ServerMessage) -> str:
    """The JSON text of one message."""
    return _encoder.encode(message).decode()


def parse_client(text: str | bytes) -> ClientMessage:
    """What a client sent, typed. Raises ProtocolError on anything else."""
    try:
        return _from_client.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error), _readable_id(text)) from error


def parse_server(text: str | bytes) -> ServerMessage:
    """What the server sent, typed. Raises ProtocolError on anything else."""
    try:
        return _from_server.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error


def _readable_id(text: str | bytes) -> int:
    try:
        return _any_id.decode(text).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def action_of(message: Request) -> Action:
    """The policy action a request asks for. Raises KeyError for ``ping``, which needs no leave."""
    if isinstance(message, SetMode):
        return MODE_ACTION[message.mode]
    return _ACTIONS[type(message)]


_ACTIONS: dict[type[Request], Action] = {
    CreateLink: Action.CREATE_LINK,
    RevokeLink: Action.REVOKE_LINK,
    Knock: Action.KNOCK,
    UpdateConsent: Action.UPDATE_CONSENT,
    Admit: Action.ADMIT,
    Decline: Action.DECLINE,
    Listen: Action.LISTEN,
    Leave: Action.LEAVE,
    Applied: Action.APPLIED,
    Hold: Action.HOLD,
    AskHelp: Action.ASK_HELP,
    CancelHelp: Action.CANCEL_HELP,
    ClaimHelp: Action.CLAIM_HELP,
    Reply: Action.REPLY,
    HangUp: Action.HANG_UP,
    ReportQuality: Action.REPORT_QUALITY,
    AskPhoto: Action.ASK_PHOTO,
    FailPhoto: Action.FAIL_PHOTO,
    OpenPhoto: Action.OPEN_PHOTO,
    ShareScreen: Action.SHARE_SCREEN,
    ShowScreen: Action.SHOW_SCREEN,
    TakeSnapshot: Action.TAKE_SNAPSHOT,
    Signal: Action.SIGNAL,
}
