"""Keys that blank and stop one's own share while another program has the focus."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from coachdesk.ui.presenters.sharing import SharingPresenter
from coachdesk.ui.views.button import key_name
from coachdesk.ui.windows_keys import WindowsKeys
from coachdesk.ui.x11_keys import X11Keys

BLANK_LETTER, STOP_LETTER = "B", "S"
LETTERS = {BLANK_LETTER: "Ctrl+Alt+Shift+B", STOP_LETTER: "Ctrl+Alt+Shift+S"}
HERE_ALONE = "On this system the keys that blank and stop it work only while CoachDesk has the focus."
CLICK = "A click brings CoachDesk to the front, where one key stops or blanks the share."


class ShareKeys(QObject):
    """Held only while something is shared: no other program has them then.

    Attributes:
        said: which of them cannot be had and why, in words, or "".
    """

    def __init__(self, presenter: SharingPresenter, parent: QObject) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._keys: X11Keys | WindowsKeys | None = None
        self.said = ""
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        sharing = self._presenter.sharing
        if sharing and self._keys is None and not self.said:
            self._keys = self._hold()
            self.said = _said(self._keys.taken) if self._keys is not None else HERE_ALONE
        elif not sharing:
            self.said = ""
            if self._keys is not None:
                keys, self._keys = self._keys, None
                keys.close()

    def tip(self, letter: str) -> str:
        """To go after what a control does: which key does the same from other programs; "" where none does."""
        held = self._keys is not None and letter not in self._keys.taken
        return f"; {key_name(LETTERS[letter])} does so from any program" if held else ""

    @property
    def summary(self) -> str:
        """What can be done from other programs."""
        does = {BLANK_LETTER: "blanks it or shows it again", STOP_LETTER: "stops it"}
        keys = [f"{key_name(LETTERS[letter])} {what}." for letter, what in does.items() if self.tip(letter)]
        return " ".join([CLICK, *keys])

    def _hold(self) -> X11Keys | WindowsKeys | None:
        """None where the system has no such keys for programs."""
        platform = QGuiApplication.platformName()
        if platform == "windows":
            return WindowsKeys(LETTERS, self._press)
        try:
            return X11Keys(LETTERS, self._press, self) if platform == "xcb" else None
        except OSError:
            return None

    def _press(self, letter: str) -> None:
        if letter == BLANK_LETTER:
            self._presenter.toggle_blank()
        else:
            self._presenter.stop()


def _said(taken: list[str]) -> str:
    if not taken:
        return ""
    names = " and ".join(key_name(LETTERS[letter]) for letter in taken)
    return f"{names} cannot be had: another program holds them, or the keyboard lacks them. Use the keys of CoachDesk."
