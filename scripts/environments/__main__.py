"""Make an environment in `build/environments` and print its Python: `python -m scripts.environments colab`.

- `colab`, `kaggle`: the packages of `colab.txt` and `kaggle.txt`, with exactly these versions. Then pip installs what
  nbtrain requires, as `pip install nbtrain` does there; if that would change any of them, this fails. torch is the one
  of the environment that runs this (the same files), since each version of it is gigabytes.
- `floors`: each requirement of pyproject.toml in its lowest version, torch too.

An environment is made again when what it consists of has changed. nbtrain itself is the one of the developers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).parent
PLACE = ROOT / "build" / "environments"

NAMES = ("colab", "kaggle", "floors")
TESTED_WITH = ["nbclient", "nbconvert", "psutil", "pytest", "pytest-timeout", "pytest-xdist"]
LOWEST_KERNEL = ["ipykernel==6.17.1", "jupyter-client==7.4.9"]
"""The kernel for the lowest versions: nbtrain requires none, and this is the oldest that is in wide use (Colab)."""

CHANGES = {"colab": {"jedi", "msgspec"}, "kaggle": {"jedi", "msgspec", "parso"}}
"""All that pip adds or replaces. IPython 7.34 requires jedi, which Colab has removed; the newest jedi, parso 0.8.7."""


def requirements() -> list[str]:
    """What nbtrain requires."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


def lowest(requirement: str) -> str:
    """A requirement with its lower bound as the version: "pandas>=2.2" gives "pandas==2.2"."""
    return re.sub(r">=([\w.]+).*", r"==\1", requirement)


def pinned(name: str) -> list[str]:
    """The packages of an environment, in the notation of pip, before nbtrain's requirements are installed."""
    if name == "floors":
        return [*map(lowest, requirements()), *LOWEST_KERNEL]
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def make(name: str) -> Path:
    """Make the environment `name`, if it is not there; returns its Python.

    Raises:
        SystemExit: pip cannot install what it should, or changes what it should not.
    """
    folder = PLACE / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = [*pinned(name), *requirements(), *TESTED_WITH, _version("nbtrain"), _version("torch"), sys.version]
    stamp, key = folder / "made", hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return python
    print(f"Making {folder} ...", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, symlinks=os.name != "nt")
    if name == "floors":
        _install(python, *pinned(name))
    else:
        _share("torch", python)
        _install(python, "--no-deps", *pinned(name))
        before = _installed(python)
        _install(python, *requirements())
        _assert_only(CHANGES[name], before, _installed(python))
    _install(python, "--upgrade-strategy", "only-if-needed", *TESTED_WITH)
    _share("nbtrain", python)
    stamp.write_text(key, encoding="utf-8")
    return python


def _version(package: str) -> str:
    found = distribution(package)
    return f"{package} {found.version} {found.locate_file('')}"


def _share(package: str, python: Path) -> None:
    """Let the environment of `python` have a package of this one: links to its files."""
    found = distribution(package)
    site = Path(_output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for top in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
        (site / top).symlink_to(Path(str(found.locate_file(top))).resolve())


def _install(python: Path, *arguments: str) -> None:
    subprocess.run([*_pip(python), "install", "--quiet", *arguments], check=True, stdout=sys.stderr)


def _installed(python: Path) -> dict[str, str]:
    return {one["name"].lower(): one["version"] for one in json.loads(_output(*_pip(python), "list", "--format=json"))}


def _pip(python: Path) -> list[str | Path]:
    return [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _assert_only(changes: set[str], before: dict[str, str], after: dict[str, str]) -> None:
    changed = {one: (before.get(one), after.get(one)) for one in before | after if before.get(one) != after.get(one)}
    if set(changed) - changes:
        raise SystemExit(f"`pip install nbtrain` would change more than {sorted(changes)}: {changed}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.environments", description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=NAMES)
    print(make(parser.parse_args().name))
