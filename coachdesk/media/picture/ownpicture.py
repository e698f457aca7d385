"""The agent's own camera, to the customer."""

from __future__ import annotations

from coachdesk.media.connection.peer import Peer
from coachdesk.media.picture.camera import Camera, NoCamera
from coachdesk.media.picture.video import VideoSender


class OwnPicture:
    """Sends one camera at a time, which stays the caller's, on the customer's present connection."""

    def __init__(self) -> None:
        self._camera: Camera | None = None
        self._customer: Peer | None = None
        self._video: VideoSender | None = None
        self._held = False

    def use(self, camera: Camera) -> None:
        """Shows ``camera`` to the customer from now on."""
        self._camera = camera
        self._send()

    def connect(self, customer: Peer) -> None:
        """The (new) connection to the customer."""
        self._customer = customer
        self._send()

    def hold(self, on: bool) -> None:
        """Sends nothing while the customer is on hold."""
        if on is not self._held:
            self._held = on
            self._send()

    def request_keyframe(self) -> None:
        if self._video is not None:
            self._video.request_keyframe()

    def end(self) -> None:
        """The call is over; the camera is shown again to the next customer."""
        self._customer = None
        self._held = False
        self._stop()

    def _send(self) -> None:
        camera, peer = self._camera, self._customer
        if camera is None or peer is None or isinstance(camera, NoCamera):
            self._stop()
            return
        if self._video is None:
            self._video = VideoSender(camera)
        else:
            self._video.use(camera)
        self._video.send_to([] if self._held else [peer.outs["camera"]])

    def _stop(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()
