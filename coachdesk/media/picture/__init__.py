"""Pictures: cameras, VP8, thinning for slow lines, and frames handed to windows and files."""
