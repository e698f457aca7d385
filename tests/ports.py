"""Ports for programs that cannot say which one the system has given them."""

from __future__ import annotations

import random
import socket


def free_port() -> int:
    """A port of 127.0.0.1, free for TCP and UDP, below those that the system gives away to others meanwhile."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        if all(_is_free(kind, port) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return port


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
