"""bqlrun: export specs in, checked files out, never paid for twice."""

__version__ = "0.1.0"
