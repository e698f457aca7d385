"""What the windows show and what their controls do, in plain Python: no widgets, no Qt."""
