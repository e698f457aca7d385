"""Ink and stills between the parties of a call."""
