"""Real sound devices: PortAudio kept going as they come and go, and sound carried between its clock and ours."""
