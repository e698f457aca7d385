"""Why a request was refused or a connection ended, and why a call did: stable words. Pure."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Stable error codes; PROTOCOL.md says of each what to do."""

    BAD_MESSAGE = "bad_message"
    TOO_LARGE = "too_large"
    TOO_MANY_MESSAGES = "too_many_messages"
    VERSION = "version_mismatch"
    NOT_SIGNED_IN = "not_signed_in"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    NOT_ALLOWED = "not_allowed"
    NO_SUCH_CALL = "no_such_call"
    NO_SUCH_PARTY = "no_such_party"
    NO_SUCH_PHOTO = "no_such_photo"
    NO_SUCH_LINK = "no_such_link"
    LINK_USED = "link_used"
    LINK_EXPIRED = "link_expired"
    LINK_REVOKED = "link_revoked"
    LOBBY_FULL = "lobby_full"
    CALL_FULL = "call_full"
    TOO_MANY_LINKS = "too_many_links"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    BUSY = "busy"
    AGENT_AWAY = "agent_away"
    ALREADY_TAKEN_OVER = "already_taken_over"
    CAMERA_OFF = "camera_off"
    NOT_A_PHOTO = "not_a_photo"
    WRONG_OFFSET = "wrong_offset"
    REPLACED = "replaced"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"


class EndReason(StrEnum):
    HUNG_UP = "hung_up"
    CUSTOMER_LEFT = "customer_left"
    AGENT_LOST = "agent_lost"
    DECLINED = "declined"
    AGENT_GONE = "agent_gone"
