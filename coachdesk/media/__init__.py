"""Audio and video of a call: devices, peer connections, forwarding, playout, mixing. Knows no Qt."""
