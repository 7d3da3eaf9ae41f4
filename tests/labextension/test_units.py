"""The extension's TypeScript passes its own tests, and the type checker."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.node import node


def test_the_typescript_passes_its_own_tests(compiled: Path) -> None:
    files = sorted(map(str, compiled.rglob("*.test.js")))
    assert files
    done = subprocess.run([node(), "--test", *files], cwd=compiled.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
