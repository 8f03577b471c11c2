"""Where a module is applied: the embedded emulator, LocalStack, a real account."""
