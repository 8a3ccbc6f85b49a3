"""A plan becomes files: submit, wait, collect."""
