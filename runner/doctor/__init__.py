"""Whether a run would work: looked at, and nothing made."""
