"""A program of its own that captures screens and windows by Qt; the endpoint starts it and reads its pictures."""
