"""Push-to-talk, and everything that keeps a private word private."""
