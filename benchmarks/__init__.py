"""What bqlrun costs, each figure beside its counterpart in the same run: `make bench`."""
