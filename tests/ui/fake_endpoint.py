"""A scripted child in place of the endpoint: JSON lines in, JSON lines out. Its first argument says how it behaves."""

from __future__ import annotations

import json
import os
import sys


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> int:
    behaviour = sys.argv[1]
    tell(event="ready", party="p-mia", name=os.environ.get("COACHDESK_TOKEN", ""), role="supervisor", team="Blue",
         awareness="all")  # fmt: skip
    for line in sys.stdin:
        command = json.loads(line)
        name, identity = command["cmd"], command.get("id")
        if name == "quit":
            if behaviour == "stubborn":
                continue
            tell(event="bye")
            return 0
        if name == "leave":
            sys.stderr.write("out of luck\n")
            return 3
        if name == "hang_up":
            tell(event="error", id=identity, code="not_allowed", message="no")
        elif name == "stats":
            sys.stdout.write("this is no event\n")
            tell(event="ok", id=identity)
        elif name != "devices":  # which is never answered
            tell(event="ok", id=identity)
    while behaviour == "stubborn":
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
