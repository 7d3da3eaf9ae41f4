"""The wheel carries the built extension, and JupyterLab takes it."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import version
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


@pytest.mark.parametrize("minor", [4, 5, 6, 7])
def test_each_jupyterlab_4_from_4_4_on_takes_it(minor: int) -> None:
    """Every package of JupyterLab counts its minor versions with those of JupyterLab."""
    commands, core = (importlib.import_module(f"jupyterlab.{name}") for name in ("commands", "coreconfig"))
    data = json.loads((Path(core.HERE) / "staging" / "package.json").read_text(encoding="utf-8"))
    shift = minor - int(version("jupyterlab").split(".")[1])
    data["resolutions"] = {
        name: _shifted(allowed, shift) if name.startswith("@jupyterlab/") else allowed
        for name, allowed in data["resolutions"].items()
    }
    package = json.loads((ROOT / "labextension" / "package.json").read_text(encoding="utf-8"))
    needed = package["dependencies"]
    assert commands._validate_compatibility(None, needed, data) == []
    assert commands._validate_compatibility(None, {"@jupyterlab/application": "99.0.0"}, data) != [], (
        "it refuses others"
    )


def _shifted(allowed: str, shift: int) -> str:
    """The range of a package in a JupyterLab that is `shift` minor versions newer: "~4.6.6" by -2 is "~4.4.0"."""
    major, minor, _ = allowed.removeprefix("~").split(".", maxsplit=2)
    return f"~{major}.{int(minor) + shift}.0"


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
    assert {
        f"nbtrain/notebook/bundle/{name}" for name in ("panel.js", "panel.css", "form.js", "form.css", "write.js")
    } <= set(names)


@pytest.mark.full
def test_the_wheel_installs_without_node(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    path = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "node").exists()
    )
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    assert (target / "share" / "jupyter" / "labextensions" / "nbtrain" / "package.json").exists()


@pytest.mark.full
def test_pypi_shows_the_readme_with_its_pictures(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = archive.read(name).decode()
    assert "Classifier: Framework :: Jupyter :: JupyterLab :: Extensions :: Prebuilt\n" in metadata
    tag = f"v{wheel.name.split('-')[1]}"
    assert f"(https://github.com/nbtrain/nbtrain/raw/{tag}/docs/live.png)" in metadata


@pytest.mark.full
def test_the_sdist_has_what_its_tests_need(tmp_path: Path) -> None:
    """Its tests can be collected, and those of files and texts pass, without the checkout."""
    subprocess.run([sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT)], check=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    folder = tmp_path / archive.name.removesuffix(".tar.gz")
    files = [file.relative_to(folder).as_posix() for file in (folder / "tests").glob("test_*.py")]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for arguments in (["--collect-only", "-m", ""], ["-m", "not kernel", *files]):
        ended = subprocess.run([*command, *arguments], cwd=folder, env=env, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout[-3000:]
