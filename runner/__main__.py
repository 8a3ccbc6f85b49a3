"""`python -m runner` is `bqlrun`."""

from runner.cli.main import entry

if __name__ == "__main__":
    entry()
