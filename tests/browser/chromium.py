"""Find and launch the Chromium that the browser tests use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# No sandbox: tests often run as root in a container. The rest keeps the browser from calling home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

MISSING = (
    "No Chromium found. Looked at $CHROMIUM, {names} on the PATH, and playwright's own ({own}). "
    "Get one with `apt install chromium` or `python -m playwright install chromium`, or set CHROMIUM to its path."
)


class ChromiumNotFoundError(RuntimeError):
    """There is no Chromium on this machine; the message says how to get one."""


def find_chromium(own: str = "") -> str:
    """Return the path of a Chromium: ``$CHROMIUM``, then one on the PATH, then ``own``, playwright's download.

    Raises:
        ChromiumNotFoundError: if there is none, or if ``$CHROMIUM`` names no file.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        if not Path(chosen).is_file():
            raise ChromiumNotFoundError(f"CHROMIUM={chosen} is no file. Set it to a Chromium, or unset it.")
        return chosen
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if own and Path(own).is_file():
        return own
    raise ChromiumNotFoundError(MISSING.format(names=", ".join(NAMES), own=own or "not asked"))


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium."""
    path = find_chromium(playwright.chromium.executable_path)
    return playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
