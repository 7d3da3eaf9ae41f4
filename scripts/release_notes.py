"""Print the section of CHANGELOG.md on this version: `release_notes.py [TAG]`. TAG must be that of the version."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version(root: Path = ROOT) -> str:
    """The version, from the one place that has it."""
    return str(json.loads((root / "labextension" / "package.json").read_text(encoding="utf-8"))["version"])


def section(changelog: str, version: str) -> str:
    """What `changelog` says of `version`, without its heading.

    Raises:
        ValueError: It has no such section, or nothing in it.
    """
    found = re.search(rf"^## \[{re.escape(version)}\].*?$(.*?)(?=^## \[|^\[|\Z)", changelog, re.DOTALL | re.MULTILINE)
    if found is None or not found[1].strip():
        raise ValueError(
            f"CHANGELOG.md says nothing of {version}. Call its section `[Unreleased]` `[{version}] - <date>`, "
            "and begin a new `[Unreleased]` above it."
        )
    return found[1].strip()


def main(tag: str | None = None) -> str | None:
    """Print the notes; returns what is wrong, if something is."""
    current = version()
    if tag not in (None, f"v{current}"):
        return f"The tag {tag} is not that of labextension/package.json, which has version {current}: v{current}."
    try:
        print(section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), current))
    except ValueError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
