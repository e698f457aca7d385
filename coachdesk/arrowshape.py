"""The arrow that stands for another's pointer: drawn in windows, and on snapshots. Pure."""

from __future__ import annotations

ARROW = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))
"""Corners, from its tip; x to the right, y down, in pixels of a screen at scale 1."""
EDGE = 2
"""Width of the line around it."""
EXTENT = (12, 20)
"""Its width and height."""
