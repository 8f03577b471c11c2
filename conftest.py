"""Settings of every test run of this repository."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A machine's speed is no property of the code: no deadlines. `nightly` looks ten times as far.
settings.register_profile("ci", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("ci"), max_examples=1000)
settings.load_profile(os.environ.get("TFPROOF_HYPOTHESIS_PROFILE", "ci"))
