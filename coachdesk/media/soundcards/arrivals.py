"""Which sound devices have been plugged in of late."""

from __future__ import annotations

from coachdesk.media.soundcards.portaudio import DeviceList, Kind


class Arrivals:
    """Told of the devices there are, time and again; those of the first time are no news.

    Each name is news once: where another program has a device to itself, PortAudio does not list it for so long.
    """

    def __init__(self) -> None:
        self._seen: DeviceList | None = None
        self._known: set[tuple[Kind, str]] = set()

    def look(self, seen: DeviceList | None) -> list[tuple[Kind, str]]:
        """What is new among ``seen``, None while that is not known. The very same list as the last time costs nothing."""
        if seen is None or seen is self._seen:
            return []
        first = self._seen is None
        self._seen = seen
        kinds: tuple[Kind, ...] = ("input", "output")
        new = [(kind, name) for kind in kinds for name in seen.names(kind) if (kind, name) not in self._known]
        self._known.update(new)
        return [] if first else new
