"""Events, plans and results, for people and machines."""
