"""Candidates hidden behind mDNS names, taken out of a session description. Pure."""

from __future__ import annotations

CANDIDATE = "a=candidate:"
END = "a=end-of-candidates"


def mdns_apart(sdp: str) -> tuple[str, list[str]]:
    """Split ``sdp`` into itself without ``.local`` candidates, and those, to be added as if trickled.

    Resolving such a name takes a second when nobody answers, and aiortc would not go on meanwhile. If
    there is one, the end of candidates is put off too: it is the empty string at the end of the list.
    """
    lines = sdp.splitlines()
    hidden = [line for line in lines if _is_mdns(line)]
    if not hidden:
        return sdp, []
    kept = [line for line in lines if line not in hidden and line.strip() != END]
    late = [line.removeprefix("a=") for line in dict.fromkeys(hidden)]
    if END in (line.strip() for line in lines):
        late.append("")
    return "\r\n".join(kept) + "\r\n", late


def _is_mdns(line: str) -> bool:
    fields = line.split()
    return line.startswith(CANDIDATE) and len(fields) > 4 and fields[4].endswith(".local")
