"""The live panel's code: what it imports, and its bundle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbtrain.errors import NbTrainError
from nbtrain.notebook.panel import bundled as bundles
from nbtrain.notebook.panel.bundled import bundled
from tests.node import node

ROOT = Path(__file__).parents[3]


@pytest.mark.kernel
def test_the_panel_needs_no_torch() -> None:
    code = "import sys, nbtrain.notebook.panel.panel; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_bundle_is_one_whole(tmp_path: Path) -> None:
    module = tmp_path / "panel.mjs"
    module.write_text(bundled("panel.js"), encoding="utf-8")
    code = f"const m = await import({str(module)!r}); if (typeof m.default.render !== 'function') process.exit(1)"
    done = subprocess.run([node(), "--input-type=module", "-e", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "import" not in bundled("panel.css")


def test_the_bundle_is_small() -> None:
    assert len(bundled("panel.js")) < 48_000
    assert len(bundled("panel.css")) < 16_000


def test_without_a_bundle_the_error_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "FOLDER", tmp_path)
    with pytest.raises(NbTrainError, match=r"make labextension") as error:
        bundled("panel.js")
    assert str(tmp_path / "panel.js") in str(error.value)
