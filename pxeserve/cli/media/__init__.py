"""Commands about media, boot loaders, and where they are exported."""
