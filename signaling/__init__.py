"""The signaling server of CoachDesk, and the contract its clients share with it."""
