"""What is known of every export, on disk."""
