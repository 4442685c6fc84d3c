"""For all tests: how hypothesis behaves."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# any single example may be slow on two busy cores: no deadline; CI repeats the same examples
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
