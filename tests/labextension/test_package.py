"""The wheel carries the built extension, and JupyterLab takes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACE = "data/share/jupyter/labextensions/nbtrain"

pytestmark = pytest.mark.kernel


def test_the_extension_is_enabled() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"], capture_output=True, text=True, check=True
    )
    line = next(line for line in (listed.stdout + listed.stderr).splitlines() if " nbtrain " in line)
    assert "enabled" in line and "OK" in line


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.full
def test_the_wheel_has_the_version_of_the_extension(wheel: Path) -> None:
    package = json.loads((ROOT / "labextension" / "package.json").read_text(encoding="utf-8"))
    assert wheel.name == f"nbtrain-{package['version']}-py3-none-any.whl"


@pytest.mark.full
def test_the_wheel_has_the_extension_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shipped = [name.partition(f"{PLACE}/")[2] for name in names if PLACE in name]
    assert {"package.json", "install.json", "static/style.js"} <= set(shipped)
    assert any(name.startswith("static/remoteEntry.") for name in shipped)
    assert any(name.startswith("schemas/") for name in shipped)
    assert not [name for name in names if name.startswith(("nbtrain/labextension", "labextension"))]
    assert {f"nbtrain/notebook/panel/bundle/panel.{kind}" for kind in ("js", "css")} <= set(names)


@pytest.mark.full
def test_the_wheel_installs_without_node(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    path = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "node").exists()
    )
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    assert (target / "share" / "jupyter" / "labextensions" / "nbtrain" / "package.json").exists()
