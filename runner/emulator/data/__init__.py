"""Generated data: every value is a function of a number, so nothing is stored and everything is repeatable."""
