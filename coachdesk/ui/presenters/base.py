"""A presenter: state that a view shows, and the news that it changed."""

from __future__ import annotations

from collections.abc import Callable


class Presenter:
    """Views subscribe; every change calls them all, and they read the presenter's attributes."""

    def __init__(self) -> None:
        self._views: list[Callable[[], None]] = []

    def subscribe(self, view: Callable[[], None]) -> None:
        self._views.append(view)

    def changed(self) -> None:
        for view in self._views:
            view()


class CallPresenter(Presenter):
    """One whose state is of the present call; what the endpoint told is void when that crashes."""

    def endpoint_crashed(self) -> None:
        self._forget()
        self.changed()

    def _forget(self) -> None:
        raise NotImplementedError
