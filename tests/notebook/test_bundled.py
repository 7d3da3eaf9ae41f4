"""The code of the widgets, live panel and form: what it imports, and its bundle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbtrain.errors import NbTrainError
from nbtrain.notebook import bundled as bundles
from nbtrain.notebook.bundled import bundled
from tests.node import node

ROOT = Path(__file__).parents[2]
MAX_BYTES = {"panel.js": 48_000, "panel.css": 16_000, "form.js": 6_000, "form.css": 12_000, "write.js": 3_000}
MODULES = [name for name in MAX_BYTES if name.endswith(".js")]


@pytest.mark.kernel
def test_the_panel_needs_no_torch() -> None:
    code = "import sys, nbtrain.notebook.panel.panel; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_whole(name: str, tmp_path: Path) -> None:
    module = tmp_path / "module.mjs"
    module.write_text(bundled(name), encoding="utf-8")
    code = f"const m = await import({str(module)!r}); if (typeof m.default.render !== 'function') process.exit(1)"
    done = subprocess.run([node(), "--input-type=module", "-e", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", MAX_BYTES)
def test_the_bundle_is_small_and_imports_nothing(name: str) -> None:
    assert len(bundled(name)) < MAX_BYTES[name]
    assert "import" not in bundled(name)


def test_without_a_bundle_the_error_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "FOLDER", tmp_path)
    with pytest.raises(NbTrainError, match=r"make labextension") as error:
        bundled("form.js")
    assert str(tmp_path / "form.js") in str(error.value)
