"""One small module per command: parse, build the collaborators, call, render, return an exit code."""
