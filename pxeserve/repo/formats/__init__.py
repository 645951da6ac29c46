"""One file a repository format. Each reads a tree of names and says what an installer of its generation would find."""
