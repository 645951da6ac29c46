"""What a host, a medium, a client and an install are, and the one boot decision. Imports nothing else of ours."""
