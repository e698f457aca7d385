"""One look for every window: Fusion, an own palette, one style sheet template filled from a theme's tokens."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from coachdesk.ui.theme.tokens import THEMES, ThemeChoice, ThemeName, fill

FAMILIES = ["Inter", "Segoe UI Variable", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Roboto",
            "Cantarell", "Ubuntu", "Liberation Sans", "DejaVu Sans"]  # fmt: skip

_PALETTE = {
    QPalette.ColorRole.Window: "bg",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Link: "accent_text",
    QPalette.ColorRole.Mid: "border",
}


class Theme(QObject):
    """The theme in force.

    Signals:
        changed: other tokens hold now; painted widgets and icons are to be refreshed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name: ThemeName = "light"
        self._template = files(__package__).joinpath("app.qss").read_text("utf-8")

    def colour(self, token: str) -> QColor:
        return QColor(THEMES[self.name][token])

    def apply(self, app: QApplication, choice: ThemeChoice) -> None:
        """Dress the whole application; ``system`` follows the desktop's light or dark setting."""
        self.name = _system(app) if choice == "system" else choice
        tokens = THEMES[self.name]
        app.setStyle("Fusion")
        font = QFont()
        font.setFamilies(FAMILIES)
        font.setPixelSize(13)
        app.setFont(font)
        app.setPalette(_palette(tokens))
        app.setStyleSheet(fill(self._template, tokens))
        self.changed.emit()


def _system(app: QApplication) -> ThemeName:
    return "dark" if app.styleHints().colorScheme() is Qt.ColorScheme.Dark else "light"


def _palette(tokens: dict[str, str]) -> QPalette:
    palette = QPalette()
    for role, token in _PALETTE.items():
        palette.setColor(role, QColor(tokens[token]))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens["muted"]))
    return palette


theme = Theme()
"""The one theme of this process: widgets that paint themselves read their colours from it."""
