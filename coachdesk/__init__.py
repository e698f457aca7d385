"""CoachDesk: live coaching and visual assistance for customer calls."""
