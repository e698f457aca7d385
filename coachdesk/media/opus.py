"""Opus (RFC 6716) through libopus by ctypes: mono, 48 kHz, with the concealment and FEC that PyAV lacks.

The library is the one inside PyAV's wheel, so that nothing has to be installed; else the system's. That of the wheel
(1.6.1) is built without the neural parts: no deep concealment, no deep redundancy (``opus_dred_alloc`` gives nothing).
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coachdesk.media.pcm import RATE, Samples

MAX_SAMPLES = 5760
"""Samples in the longest Opus packet, 120 ms."""
MAX_PAYLOAD = 1275
"""Bytes in the longest Opus frame; what we send is one frame per packet."""
STEP = 120
"""2.5 ms, the grain of Opus durations, in samples."""

_APPLICATION_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _SET_INBAND_FEC = 4002, 4010, 4012
_SET_PACKET_LOSS_PERCENT, _SET_DTX, _RESET_STATE = 4014, 4016, 4028
_FRAME_SIZES = frozenset({480, 960})


class OpusError(Exception):
    """libopus refused: mostly a payload that is no Opus packet."""


class OpusMissing(OpusError):
    """There is no libopus on this machine."""


class Encoder:
    """Encodes speech: 10 or 20 ms of mono float32 per packet, variable bit rate, in-band FEC."""

    def __init__(
        self, *, bitrate: int = 32_000, expected_loss: int = 10, dtx: bool = False, complexity: int = 5
    ) -> None:
        """``bitrate`` in bit/s; ``expected_loss`` in percent steers the FEC; ``complexity`` 0 to 10."""
        self._lib = library()
        error = ctypes.c_int()
        self._state = self._lib.opus_encoder_create(RATE, 1, _APPLICATION_VOIP, ctypes.byref(error))
        _check(self._lib, error.value)
        self._payload = (ctypes.c_ubyte * MAX_PAYLOAD)()
        self._control(_SET_BITRATE, bitrate)
        self._control(_SET_COMPLEXITY, complexity)
        self._control(_SET_INBAND_FEC, 1)
        self._control(_SET_PACKET_LOSS_PERCENT, expected_loss)
        self._control(_SET_DTX, int(dtx))

    def encode(self, pcm: Samples) -> bytes:
        """One packet of 480 or 960 samples. Raises ValueError on another length."""
        if pcm.shape not in {(size,) for size in _FRAME_SIZES}:
            raise ValueError(f"an Opus frame has 480 or 960 samples, not an array of shape {pcm.shape}")
        samples = np.ascontiguousarray(pcm, np.float32)
        length = self._lib.opus_encode_float(
            self._state, samples.ctypes.data, len(samples), self._payload, MAX_PAYLOAD
        )
        return bytes(self._payload[: _check(self._lib, length)])

    def set_bitrate(self, bitrate: int) -> None:
        """In bit/s, from the next packet on."""
        self._control(_SET_BITRATE, bitrate)

    def set_expected_loss(self, percent: int) -> None:
        """How much of the packet before each packet carries along (FEC); none at 0."""
        self._control(_SET_PACKET_LOSS_PERCENT, percent)

    def reset(self) -> None:
        """Forgets what was encoded before, the look-ahead included."""
        _check(self._lib, self._lib.opus_encoder_ctl(self._state, _RESET_STATE))

    def _control(self, request: int, value: int) -> None:
        _check(self._lib, self._lib.opus_encoder_ctl(self._state, request, ctypes.c_int(value)))

    def __del__(self) -> None:
        state = getattr(self, "_state", None)
        if state:
            self._lib.opus_encoder_destroy(state)


class Decoder:
    """Decodes packets of any Opus mode, duration (2.5 to 120 ms) and channel count to mono float32."""

    def __init__(self) -> None:
        self._lib = library()
        error = ctypes.c_int()
        self._state = self._lib.opus_decoder_create(RATE, 1, ctypes.byref(error))
        _check(self._lib, error.value)
        self._pcm = np.zeros(MAX_SAMPLES, np.float32)

    def decode(self, payload: bytes) -> Samples:
        """The sound of one packet. Raises OpusError on a malformed one."""
        if not payload:
            raise OpusError("empty packet")
        return self._decode(payload, MAX_SAMPLES, fec=0)

    def conceal(self, samples: int) -> Samples:
        """``samples`` of plausible continuation in place of a lost packet (at most 5760)."""
        whole = -(-samples // STEP) * STEP
        return self._decode(None, whole, fec=0)[:samples]

    def recover(self, next_payload: bytes, samples: int) -> Samples:
        """The last ``samples`` of the packet lost just before ``next_payload``, from the copy in it.

        Concealment, where there is no copy. Raises OpusError on a malformed packet.
        """
        whole = min(MAX_SAMPLES, max(samples, duration(next_payload)))
        return self._decode(next_payload, -(-whole // STEP) * STEP, fec=1)[-samples:]

    def reset(self) -> None:
        """Forgets every sound decoded before."""
        _check(self._lib, self._lib.opus_decoder_ctl(self._state, _RESET_STATE))

    def _decode(self, payload: bytes | None, samples: int, *, fec: int) -> Samples:
        size = len(payload) if payload is not None else 0
        count = self._lib.opus_decode_float(self._state, payload, size, self._pcm.ctypes.data, samples, fec)
        return self._pcm[: _check(self._lib, count)].copy()

    def __del__(self) -> None:
        state = getattr(self, "_state", None)
        if state:
            self._lib.opus_decoder_destroy(state)


def duration(payload: bytes) -> int:
    """Samples at 48 kHz in a packet. Raises OpusError on a malformed one."""
    if not payload:
        raise OpusError("empty packet")
    lib = library()
    samples = _check(lib, lib.opus_packet_get_nb_samples(payload, len(payload), RATE))
    if not samples:
        raise OpusError("no frame in it")  # which RFC 6716, 3.2.5, forbids, and libopus lets pass here
    return samples


def carries_fec(payload: bytes) -> bool:
    """Whether a packet carries a copy of the one before it. A libopus before 1.5 cannot tell: False."""
    lib = library()
    if not payload or not hasattr(lib, "opus_packet_has_lbrr"):
        return False
    return bool(lib.opus_packet_has_lbrr(payload, len(payload)) == 1)


@functools.cache
def library() -> ctypes.CDLL:
    """libopus, with its functions declared. Raises OpusMissing."""
    for path in _candidates():
        with contextlib.suppress(OSError):
            return _declare(ctypes.CDLL(path))
    raise OpusMissing(
        "libopus was not found, neither inside the Python package 'av' nor on the system. "
        "Reinstall it (pip install --force-reinstall av) or install libopus (Debian: apt install libopus0)."
    )


def _candidates() -> Iterator[str]:
    spec = importlib.util.find_spec("av")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder in (package.parent / "av.libs", package / ".dylibs"):
            yield from (str(path) for path in sorted(folder.glob("*opus*")))
    found = ctypes.util.find_library("opus")
    if found is not None:
        yield found
    if sys.platform == "darwin":
        yield from ("/opt/homebrew/lib/libopus.dylib", "/usr/local/lib/libopus.dylib")


def _declare(lib: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    functions = {
        "opus_encoder_create": (pointer, [number, number, number, ctypes.POINTER(number)]),
        "opus_encoder_destroy": (None, [pointer]),
        "opus_encode_float": (number, [pointer, pointer, number, ctypes.POINTER(ctypes.c_ubyte), number]),
        "opus_decoder_create": (pointer, [number, number, ctypes.POINTER(number)]),
        "opus_decoder_destroy": (None, [pointer]),
        "opus_decode_float": (number, [pointer, text, number, pointer, number, number]),
        "opus_packet_get_nb_samples": (number, [text, number, number]),
        "opus_strerror": (text, [number]),
        # Variadic in C: only the fixed arguments are declared, the value goes as an explicit c_int.
        "opus_encoder_ctl": (number, [pointer, number]),
        "opus_decoder_ctl": (number, [pointer, number]),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    if hasattr(lib, "opus_packet_has_lbrr"):
        lib.opus_packet_has_lbrr.argtypes = [text, number]
    return lib


def _check(lib: ctypes.CDLL, result: int) -> int:
    if result < 0:
        raise OpusError(lib.opus_strerror(result).decode())
    return result
