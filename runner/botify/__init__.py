"""The API: the only room that talks to it."""
