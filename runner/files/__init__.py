"""From a download address to a checked file in its place: the only room that writes output."""
