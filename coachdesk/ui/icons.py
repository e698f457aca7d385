"""Icons by what they mean, in the colour of a theme's token."""

from __future__ import annotations

import PySide6.QtWidgets  # noqa: F401  qtawesome picks the binding that is imported already
import qtawesome
from PySide6.QtCore import QRect
from PySide6.QtGui import QIcon, QPainter

from coachdesk.ui.theme import theme

GLYPHS = {
    "actual": "numeric-1-box-multiple-outline",
    "again": "motion-play-outline",
    "agent": "headset",
    "alert": "alert-circle",
    "answer": "phone",
    "app": "headset",
    "arrow": "arrow-top-right-thick",
    "back": "arrow-collapse",
    "barge": "bullhorn",
    "catch-up": "history",
    "blank": "eye-off-outline",
    "camera": "video-outline",
    "camera-off": "video-off-outline",
    "check": "check-bold",
    "circle": "circle-outline",
    "claim": "hand-back-right",
    "clear": "eraser",
    "clear-all": "delete-sweep-outline",
    "clock": "clock-outline",
    "clock-alert": "clock-alert-outline",
    "close": "close",
    "coach": "account-voice",
    "colour": "circle-outline",
    "copy": "content-copy",
    "customer": "account",
    "delete": "delete-outline",
    "diagnostics": "clipboard-pulse-outline",
    "done": "check-circle",
    "down": "chevron-down",
    "empty-lobby": "sofa-outline",
    "empty-wall": "phone-off-outline",
    "everyone": "account-group",
    "fit": "fit-to-screen-outline",
    "full": "fullscreen",
    "hang-up": "phone-hangup",
    "help": "lifebuoy",
    "highlighter": "marker",
    "hold": "pause",
    "info": "information",
    "keys": "keyboard-outline",
    "lane": "school",
    "laser": "laser-pointer",
    "leave": "exit-to-app",
    "link": "link-plus",
    "listen": "ear-hearing",
    "measure": "ruler",
    "microphone": "microphone",
    "microphone-off": "microphone-off",
    "next": "skip-next",
    "not-full": "fullscreen-exit",
    "nobody": "ear-hearing-off",
    "offline": "wifi-off",
    "online": "wifi",
    "pen": "draw",
    "pending": "timer-sand",
    "photo": "camera-outline",
    "photos": "image-multiple-outline",
    "pin": "pin-outline",
    "polite": "account-clock-outline",
    "previous": "skip-previous",
    "private": "account-voice",
    "qr": "qrcode",
    "quality-fair": "signal-cellular-2",
    "quality-good": "signal-cellular-3",
    "quality-poor": "signal-cellular-1",
    "rectangle": "rectangle-outline",
    "redo": "redo",
    "reference": "credit-card-outline",
    "replay": "replay",
    "reply": "message-reply-text-outline",
    "resume": "play",
    "seen": "eye-outline",
    "save": "content-save-outline",
    "report": "file-document-outline",
    "scan": "barcode-scan",
    "screen": "monitor-share",
    "screen-ask": "monitor-eye",
    "screen-off": "monitor-off",
    "settings": "cog-outline",
    "show": "account-eye-outline",
    "sign-in": "login",
    "sign-out": "logout",
    "snapshot": "monitor-screenshot",
    "stamp": "numeric-1-circle-outline",
    "still": "snowflake",
    "supervisor": "account-tie-voice",
    "takeover": "account-switch",
    "text": "format-text",
    "tone": "music-note",
    "trainee": "school-outline",
    "undo": "undo",
    "unseen": "eye-off-outline",
    "volume": "volume-high",
    "wait": "timer-sand",
    "warning": "alert",
    "whisper": "account-voice",
    "width": "circle-outline",
    "window": "application-outline",
    "zoom-in": "magnify-plus-outline",
    "zoom-out": "magnify-minus-outline",
}


def icon(name: str, tint: str = "text") -> QIcon:
    """The icon that means ``name``, in the present theme's ``tint`` colour."""
    found: QIcon = qtawesome.icon(f"mdi6.{GLYPHS[name]}", color=theme.colour(tint))
    return found


def paint(painter: QPainter, rect: QRect, name: str, tint: str) -> None:
    """Paint the icon into ``rect``, asking the theme now: it follows a change by itself."""
    icon(name, tint).paint(painter, rect)
