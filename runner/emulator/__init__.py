"""A Botify on loopback: for demonstrations, for trying a spec before it costs anything, and for tests.

with embedded(tmp_path) as url:
    ...  # url is the base address of an API that behaves like the real one; the token is "emulator"
"""

from runner.emulator.embedded import embedded

__all__ = ["embedded"]
