"""From spec text to frozen values, or to problems with their places."""
