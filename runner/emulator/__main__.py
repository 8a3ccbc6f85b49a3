"""`python -m runner.emulator`."""

from runner.emulator.process import main

raise SystemExit(main())
