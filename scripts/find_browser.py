"""Find a browser for the tests; if there is none, install Chromium with apt or Playwright."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import sync_playwright

from tests.browser.chromium import ChromiumNotFoundError, find_chromium


def find() -> str:
    """The path of the browser for the tests."""
    with sync_playwright() as playwright:
        return find_chromium(playwright.chromium.executable_path)


def install() -> None:
    """Install Chromium; raises CalledProcessError if that fails."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "--quiet"], check=True)
        subprocess.run(["apt-get", "install", "--quiet", "--yes", "chromium"], check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    try:
        print(f"Browser: {find()}")
    except ChromiumNotFoundError:
        install()
        print(f"Browser: {find()}")
