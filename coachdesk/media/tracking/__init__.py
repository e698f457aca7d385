"""How one thing is found again in picture after picture; `coachdesk.media.tracker` is the way in."""
