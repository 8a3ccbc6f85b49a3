"""The HTTP side without the HTTP library: calls come in as values and go out as values."""
