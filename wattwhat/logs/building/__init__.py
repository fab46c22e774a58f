"""From what a file holds to a Measurement."""
