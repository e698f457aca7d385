"""Stand-ins for what lies beyond the unit under test."""
