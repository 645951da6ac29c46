"""Media over FTP, for reading and for everybody."""
