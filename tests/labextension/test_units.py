"""The extension's TypeScript passes its own tests, and the type checker."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.node import node

JS = Path(__file__).parents[1] / "js"


def check(compiled: Path, **environment: str) -> None:
    files = sorted(map(str, [*compiled.rglob("*.test.js"), *JS.glob("*.test.mjs")]))
    assert files
    done = subprocess.run(
        [node(), "--test", *files],
        cwd=compiled.parent, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_typescript_passes_its_own_tests(compiled: Path) -> None:
    check(compiled)


@pytest.mark.timing
def test_the_typescript_is_fast_enough(compiled: Path) -> None:
    check(compiled, NBTRAIN_TIMING="1")
