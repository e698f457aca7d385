"""Which of the far end's ICE candidates are used (RFC 8838). Pure."""

from __future__ import annotations

CANDIDATE = "a=candidate:"
END = "a=end-of-candidates"


def usable(candidate: str) -> bool:
    """Whether to try this candidate: not the end mark, and not one hidden behind an mDNS name.

    Resolving such a name costs a second, mostly in vain; a browser that hides its address sends checks all
    the same, and is found by those (peer-reflexive). The end of candidates is not passed on, since one of
    those may come after it.
    """
    fields = candidate.split()
    return len(fields) > 4 and not fields[4].endswith(".local")


def keep_usable(sdp: str) -> str:
    """``sdp`` without candidates that are not `usable` and without the end mark."""
    lines = [line for line in sdp.splitlines() if _kept(line)]
    return "".join(f"{line}\r\n" for line in lines)


def _kept(line: str) -> bool:
    if line.startswith(CANDIDATE):
        return usable(line)
    return line.strip() != END
