"""Where what was marked on a photo is in a picture of the live video: looked for once, believed only when it is sure. Pure.

The same for any two pictures. The photo may have another size, shape and sharpness, and be taken from elsewhere; it is the
mark's own plane that counts, so each mark is looked for by itself.
"""

from __future__ import annotations

import numpy as np

from coachdesk.media.tracking.anchor import Anchor
from coachdesk.media.tracking.evidence import Evidence, Trust
from coachdesk.media.tracking.geometry import Floats, Homography, Plane, normalized, to_pixels, transform
from coachdesk.media.tracking.view import View

STEPS = 8
"""A search takes its steps one by one: describe, match, look at the likeliest places."""


def register(photo: Plane, frame: Plane, outline: Floats) -> Homography | None:
    """From the photo's coordinates to the frame's, both 0..1 of the content, good for what ``outline`` (N x 2, 0..1 of the
    photo) encloses; None where that is not seen in the frame for sure, or not all of it.

    ``photo`` and ``frame`` are Y planes, height x width, of any size. Takes some 100 ms.
    """
    still, live = View(photo), View(frame)
    marked = transform(to_pixels(still.size), outline)
    anchor = Anchor(still, marked)
    anchor.lose()
    if not settle(anchor, live):
        return None
    h = np.linalg.inv(to_pixels(live.size)) @ anchor.place @ to_pixels(still.size)
    there = transform(h, outline)
    return normalized(h) if bool(((there >= 0) & (there <= 1)).all()) else None


def settle(anchor: Anchor, view: View) -> bool:
    """Looks for a mark in one view until it is found for sure; False, and the mark is lost, if it is not. Up to 100 ms.

    For views between which the camera may have gone anywhere.
    """
    for _ in range(STEPS):
        anchor.update(view)
        if anchor.evidence is not None and _sure(anchor.evidence):
            anchor.carry(np.eye(3))  # the way here says nothing of how the camera moves
            return True
    anchor.lose()
    return False


def _sure(found: Evidence) -> bool:
    """Seen on the mark itself: there is no motion from picture to picture that could speak for it."""
    return found.trust_found() is Trust.FULL and found.strong
