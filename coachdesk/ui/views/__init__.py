"""Widgets: they show what a presenter says and pass on what its user does; nothing is decided here."""
