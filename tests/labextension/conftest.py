"""The extension's TypeScript, compiled."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.node import node

PROJECT = Path(__file__).parents[2] / "labextension"


@pytest.fixture(scope="session")
def compiled() -> Path:
    """The folder with the compiled modules."""
    subprocess.run([node(), "node_modules/typescript/bin/tsc"], cwd=PROJECT, check=True)
    return PROJECT / "lib"
