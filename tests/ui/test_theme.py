"""The themes: complete, legible, and applied to everything."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from coachdesk.ui import icons
from coachdesk.ui.theme import theme
from coachdesk.ui.theme.tokens import LIGHT, THEMES, ThemeName, contrast, fill
from coachdesk.ui.views.meter import Meter

NAMES: list[ThemeName] = list(THEMES)
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, paper) for ink in ("text", "muted") for paper in ("bg", "surface", "raised", "sunken")),
    ("text", "hover"),
    ("accent_text", "accent_soft"),
    ("accent_text", "surface"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("danger_text", "danger_soft"),
    ("danger_text", "surface"),
    ("warning_text", "warning_soft"),
    ("warning_text", "surface"),
    ("success_text", "success_soft"),
    ("success_text", "surface"),
    ("private_text", "private_soft"),
    ("on_nobody", "nobody"),
    ("on_pending", "pending"),
    ("on_state", "private"),
    ("on_state", "everyone"),
    ("on_state", "trainees"),
    ("on_video", "video"),
)
"""(ink, paper) as they meet on screen; each must reach WCAG AA for text (4.5:1)."""

MARK_PAIRS: tuple[tuple[str, str], ...] = (
    *(("focus", paper) for paper in ("bg", "surface", "sunken")),
    ("border_strong", "surface"),
    ("accent", "surface"),
)
"""Lines and marks that carry meaning; each must reach WCAG AA for graphics (3:1)."""


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("ink", "paper"), TEXT_PAIRS)
def test_text_is_legible(name: ThemeName, ink: str, paper: str) -> None:
    assert contrast(THEMES[name][ink], THEMES[name][paper]) >= 4.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("mark", "paper"), MARK_PAIRS)
def test_marks_can_be_seen(name: ThemeName, mark: str, paper: str) -> None:
    assert contrast(THEMES[name][mark], THEMES[name][paper]) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_every_theme_has_every_token(name: ThemeName) -> None:
    assert THEMES[name].keys() == LIGHT.keys()
    template = files("coachdesk.ui.theme").joinpath("app.qss").read_text("utf-8")
    assert "{{" not in fill(template, THEMES[name])


def test_a_token_no_theme_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("color: {{no_such_token}};", LIGHT)


@pytest.mark.parametrize("name", sorted(icons.GLYPHS))
def test_every_icon_can_be_painted(dressed: QtBot, name: str) -> None:
    assert not icons.icon(name).pixmap(16, 16).isNull()


def test_switching_the_theme_reaches_painted_widgets(dressed: QtBot, qapp: Any) -> None:
    meter = Meter("test")
    dressed.addWidget(meter)
    meter.resize(100, 8)
    meter.set(-6)
    try:
        seen = {
            name: (theme.apply(qapp, name), meter.grab().toImage().pixelColor(10, 4).name())[1]
            for name in NAMES
        }
    finally:
        theme.apply(qapp, "light")
    assert seen == {name: THEMES[name]["meter_low"].lower() for name in NAMES}
