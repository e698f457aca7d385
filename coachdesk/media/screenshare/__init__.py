"""A shared screen: its capture, what of it has changed, its way to those who see it."""
