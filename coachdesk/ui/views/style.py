"""The small steps every view takes: dynamic properties that the style sheet reads, layouts, text labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

TextType = Literal["display", "title", "heading", "section", "small", "muted", "number", "body"]

L = TypeVar("L", bound=QBoxLayout)
GAP = 12
"""Pixels between things that belong together; twice as much around a page."""


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects on, and let it take effect."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    for each in (widget, *widget.findChildren(QWidget)):
        each.style().unpolish(each)
        each.style().polish(each)
    widget.update()


def text(content: str, kind: TextType = "body", *, wrap: bool = False) -> QLabel:
    """A plain text label: what other people typed is never taken for markup."""
    label = QLabel(content)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("type", kind)
    label.setWordWrap(wrap)
    return label


def row(parent: QWidget | None = None, *, gap: int = GAP, margin: int = 0) -> QHBoxLayout:
    return _plain(QHBoxLayout(parent) if parent else QHBoxLayout(), gap, margin)


def column(parent: QWidget | None = None, *, gap: int = GAP, margin: int = 0) -> QVBoxLayout:
    return _plain(QVBoxLayout(parent) if parent else QVBoxLayout(), gap, margin)


def _plain(layout: L, gap: int, margin: int) -> L:
    layout.setSpacing(gap)
    layout.setContentsMargins(margin, margin, margin, margin)
    return layout


def card() -> QFrame:
    frame = QFrame()
    frame.setProperty("card", True)
    return frame


def scrolled(inner: QWidget) -> QScrollArea:
    """``inner`` in an area that scrolls up and down, as wide as there is room."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


def side_panel(cards: Iterable[QFrame]) -> QScrollArea:
    """A side column of cards, from the top down."""
    inner = QWidget()
    layout = column(inner, gap=14)
    layout.setContentsMargins(0, 0, 0, 0)
    for frame in cards:
        layout.addWidget(frame)
    layout.addStretch(1)
    return scrolled(inner)


def add_card(panel: QScrollArea, frame: QFrame) -> None:
    """One more card at the end of a ``side_panel``."""
    inner = panel.widget()
    layout = inner.layout() if inner is not None else None
    assert isinstance(layout, QVBoxLayout)
    layout.insertWidget(layout.count() - 1, frame)


def side_width(window_width: int, narrow: int) -> int:
    """How wide a side column is: ``narrow`` in a small window, more where there is room."""
    return narrow if window_width < 1100 else narrow * 5 // 4 if window_width < 2200 else narrow * 3 // 2


def clear(layout: QBoxLayout) -> None:
    """Take every widget out of ``layout`` and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
