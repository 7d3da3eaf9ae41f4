"""The extension's TypeScript passes its own tests, and the type checker."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.node import node

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "labextension"


def test_the_typescript_passes_its_own_tests() -> None:
    for project in ("tsconfig.chart.json", "tsconfig.json"):
        subprocess.run([node(), "node_modules/typescript/bin/tsc", "--project", project], cwd=PROJECT, check=True)
    files = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "lib").rglob("*.test.js"))
    assert files
    done = subprocess.run([node(), "--test", *files], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
