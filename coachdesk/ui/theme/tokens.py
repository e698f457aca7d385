"""The three themes as plain tokens: what the style sheet template and the painted widgets take their colours from. Pure."""

from __future__ import annotations

from typing import Literal

ThemeName = Literal["light", "dark", "contrast"]
ThemeChoice = Literal["system", "light", "dark", "contrast"]

LIGHT: dict[str, str] = {
    "bg": "#F3F5F8",
    "surface": "#FFFFFF",
    "raised": "#FFFFFF",
    "sunken": "#E9ECF1",
    "hover": "#E3E8F0",
    "border": "#D3D9E2",
    "border_strong": "#7C8798",
    "text": "#151A22",
    "muted": "#505B6B",
    "accent": "#2356D8",
    "accent_hover": "#1B46B4",
    "on_accent": "#FFFFFF",
    "accent_soft": "#E3EBFD",
    "accent_text": "#1C48B5",
    "focus": "#2356D8",
    "danger": "#B3261E",
    "danger_soft": "#FCE9E7",
    "danger_text": "#98201A",
    "warning": "#8A5A00",
    "warning_soft": "#FFF2D4",
    "warning_text": "#6E4700",
    "success": "#1B7A43",
    "success_soft": "#E2F4E8",
    "success_text": "#166337",
    "private": "#5B35B5",
    "private_soft": "#EEE8FB",
    "private_text": "#4B2A99",
    "nobody": "#E4E8EE",
    "on_nobody": "#232A35",
    "on_state": "#FFFFFF",
    "pending": "#FFD978",
    "on_pending": "#3A2800",
    "everyone": "#B3261E",
    "trainees": "#0B6A66",
    "video": "#0D1117",
    "on_video": "#C9D2DF",
    "meter_low": "#2C9A5B",
    "meter_mid": "#D69A1E",
    "meter_high": "#D23B31",
    "radius": "8px",
}

DARK: dict[str, str] = {
    "bg": "#0F1318",
    "surface": "#171C24",
    "raised": "#1E2530",
    "sunken": "#0B0E12",
    "hover": "#2A3341",
    "border": "#2D3644",
    "border_strong": "#75829A",
    "text": "#EDF1F7",
    "muted": "#A4AFC0",
    "accent": "#7BA4FF",
    "accent_hover": "#9CBBFF",
    "on_accent": "#0A1430",
    "accent_soft": "#1D2B4D",
    "accent_text": "#A9C4FF",
    "focus": "#9CBBFF",
    "danger": "#FF8A80",
    "danger_soft": "#3D1A19",
    "danger_text": "#FFB3AC",
    "warning": "#FFC657",
    "warning_soft": "#3A2C0C",
    "warning_text": "#FFD68A",
    "success": "#66D393",
    "success_soft": "#12331F",
    "success_text": "#93E3B3",
    "private": "#6B46C8",
    "private_soft": "#2A2048",
    "private_text": "#CFBDFF",
    "nobody": "#242C38",
    "on_nobody": "#DCE3EE",
    "on_state": "#FFFFFF",
    "pending": "#F2C14E",
    "on_pending": "#2A1D00",
    "everyone": "#C4302B",
    "trainees": "#0E736E",
    "video": "#05070A",
    "on_video": "#AEB9C9",
    "meter_low": "#4CC785",
    "meter_mid": "#F2C14E",
    "meter_high": "#FF6B60",
    "radius": "8px",
}

CONTRAST: dict[str, str] = {
    "bg": "#000000",
    "surface": "#000000",
    "raised": "#000000",
    "sunken": "#000000",
    "hover": "#333333",
    "border": "#FFFFFF",
    "border_strong": "#FFFFFF",
    "text": "#FFFFFF",
    "muted": "#E6E6E6",
    "accent": "#FFE100",
    "accent_hover": "#FFF27A",
    "on_accent": "#000000",
    "accent_soft": "#2B2600",
    "accent_text": "#FFE100",
    "focus": "#00E5FF",
    "danger": "#FF9C94",
    "danger_soft": "#2A0000",
    "danger_text": "#FFB8B2",
    "warning": "#FFD23F",
    "warning_soft": "#2A2000",
    "warning_text": "#FFE08A",
    "success": "#7CFFB0",
    "success_soft": "#00260F",
    "success_text": "#A8FFCB",
    "private": "#4A1FB0",
    "private_soft": "#1A0B40",
    "private_text": "#DCCEFF",
    "nobody": "#000000",
    "on_nobody": "#FFFFFF",
    "on_state": "#FFFFFF",
    "pending": "#FFE100",
    "on_pending": "#000000",
    "everyone": "#B00000",
    "trainees": "#005C57",
    "video": "#000000",
    "on_video": "#FFFFFF",
    "meter_low": "#00FF7F",
    "meter_mid": "#FFE100",
    "meter_high": "#FF6B6B",
    "radius": "4px",
}

THEMES: dict[ThemeName, dict[str, str]] = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}


def contrast(ink: str, paper: str) -> float:
    """The contrast ratio of two ``#RRGGBB`` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def fill(template: str, tokens: dict[str, str]) -> str:
    """``template`` with every ``{{token}}`` replaced. Raises KeyError for a token that the theme lacks."""
    parts = template.split("{{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("}}")
        filled += [tokens[name.strip()], rest]
    return "".join(filled)
