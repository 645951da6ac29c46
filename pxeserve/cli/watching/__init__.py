"""Commands that say what happened to hosts, what happens now, and what would."""
