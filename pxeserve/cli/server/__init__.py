"""Commands about the server itself: serving, its standing, its network, its configuration."""
