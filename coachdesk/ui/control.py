"""Remote control of a running window by the program that started it: the endpoint's own JSON lines, and screenshots.

Standard input takes every command of docs/endpoint.md, passed on to the window's endpoint, and
``{"cmd":"screenshot","file":"window.png"}``; standard output carries every event of the endpoint, and answers
a screenshot with ``ok`` or ``error``. ``quit`` closes the window.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Qt, Signal

from coachdesk import events
from coachdesk.commands import Quit, Screenshot
from coachdesk.lines import lines

MAX_LINE_BYTES = 1 << 20


class Control(QObject):
    """Reads standard input on its own thread; all else happens on the Qt thread.

    Signals:
        line: one line of input, as bytes.
        ended: standard input was closed, or ``quit`` came: the window shall close.
    """

    line = Signal(bytes)
    ended = Signal()

    def __init__(self, take: Callable[[str], bool], forward: Callable[[bytes], None]) -> None:
        super().__init__()
        self._take = take
        self._forward = forward
        self.line.connect(self._obey, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        threading.Thread(target=self._read, name="control", daemon=True).start()

    def tell(self, event: events.AnyEvent) -> None:
        sys.stdout.buffer.write(events.dump(event))
        sys.stdout.buffer.flush()

    def _read(self) -> None:
        for line in lines(sys.stdin.fileno(), MAX_LINE_BYTES):
            self.line.emit(line)
        self.ended.emit()

    def _obey(self, line: bytes) -> None:
        try:
            command = msgspec.json.decode(line, type=Screenshot | Quit)
        except msgspec.DecodeError:
            self._forward(line)
            return
        if isinstance(command, Quit):
            self.tell(events.Ok(id=command.id))
            self.ended.emit()
        elif self._take(command.file):
            self.tell(events.Ok(id=command.id))
        else:
            self.tell(
                events.Error(id=command.id, code="not_saved", message=f"{command.file} cannot be written.")
            )
