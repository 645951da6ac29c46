"""One parent, its children, their sockets and privileges. The parent holds no code that a request can reach."""
