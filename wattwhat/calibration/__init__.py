"""Finding out what the sensors of a machine are like, by a known load."""
