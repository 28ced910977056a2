"""Exhaustive forms of tests that try everything: `make fuzz` has them, `make test` their boundaries."""

import os

WHOLE = os.environ.get("WHOLE") == "yes"
