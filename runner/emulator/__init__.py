"""A Botify on loopback."""
