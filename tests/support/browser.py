"""Finds Chromium, or has Playwright install one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

__all__ = ["chromium", "chromium_arguments"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_INSTALL_SECONDS = 300


@lru_cache(maxsize=1)
def chromium() -> str | None:
    """Path of a Chromium or Chrome: the one on PATH, or Playwright's own; None when it cannot be had."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    return _of_playwright() or (_of_playwright() if _install() else None)


def chromium_arguments() -> list[str]:
    """Arguments that it needs here: its sandbox does not work for root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        return not subprocess.run(command, timeout=_INSTALL_SECONDS, capture_output=True, check=False).returncode
    except subprocess.TimeoutExpired:
        return False
