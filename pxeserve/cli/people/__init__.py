"""Who may get in, and what they did."""
