"""The live panel's code: what it imports, and its JavaScript."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbtrain.notebook.panel.panel import esm
from tests.node import node

ROOT = Path(__file__).parents[3]


@pytest.mark.kernel
def test_the_panel_needs_no_torch() -> None:
    code = "import sys, nbtrain.notebook.panel.panel; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_javascript_passes_its_own_tests() -> None:
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.mjs")))
    done = subprocess.run([node(), "--test", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_sent_module_is_one_whole(tmp_path: Path) -> None:
    module = tmp_path / "panel.mjs"
    module.write_text(esm(), encoding="utf-8")
    code = f"const m = await import({str(module)!r}); if (typeof m.default.render !== 'function') process.exit(1)"
    done = subprocess.run([node(), "--input-type=module", "-e", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
