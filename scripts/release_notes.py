"""Print the section of CHANGELOG.md for this version: `release_notes.py [TAG]`. TAG must match the version."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version(root: Path = ROOT) -> str:
    """The version, from the only file that has it."""
    return str(json.loads((root / "labextension" / "package.json").read_text(encoding="utf-8"))["version"])


def section(changelog: str, version: str) -> str:
    """The section of `changelog` for `version`, without its heading.

    Raises:
        ValueError: There is no such section, or it is empty.
    """
    found = re.search(rf"^## \[{re.escape(version)}\].*?$(.*?)(?=^## \[|^\[|\Z)", changelog, re.DOTALL | re.MULTILINE)
    if found is None or not found[1].strip():
        raise ValueError(
            f"CHANGELOG.md has no section for {version}. Rename its section `[Unreleased]` to `[{version}] - <date>`, "
            "and add a new `[Unreleased]` above it."
        )
    return found[1].strip()


def main(tag: str | None = None) -> str | None:
    """Print the notes; returns an error message or None."""
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
