"""Media: what an installer will find in them, how they come in whole or not at all, and whether they still are what they were."""
