"""What ``playout`` is made of: how long it waits for packets, and how what it plays is joined and stretched."""
