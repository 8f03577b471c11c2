"""LocalStack: one that runs already, or one that is installed and started on this machine without Docker."""

from tfproof.targets.localstack.version import NEEDED_SERVICES, VERSION

__all__ = ["NEEDED_SERVICES", "VERSION"]
