"""Who may get in, and what they did: accounts, sessions, API tokens, the audit."""
