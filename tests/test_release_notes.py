"""The notes of a release come from the changelog."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.release_notes import main, section, version

ROOT = Path(__file__).parents[1]
CHANGELOG = """# Changelog

## [Unreleased]

### Added

- later

## [0.2.0] - 2026-01-31

### Added

- now

## [0.2.0rc1] - 2026-01-01

- before

[0.2.0]: https://example.org/
"""


def test_the_section_of_the_version_and_nothing_else() -> None:
    assert section(CHANGELOG, "0.2.0") == "### Added\n\n- now"
    assert section(CHANGELOG, "0.2.0rc1") == "- before"
    assert section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased").startswith("### ")


@pytest.mark.parametrize("missing", ["0.2", "0.3.0", "0x2.0"])
def test_a_version_without_a_section_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"`[{missing}] - <date>`")):
        section(CHANGELOG, missing)


def test_the_tag_must_be_that_of_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    said = main("v99.0.0")
    assert said is not None and "v99.0.0" in said and said.endswith(f": v{version()}.")
    assert capsys.readouterr().out == ""


def test_npm_has_locked_the_same_version() -> None:
    lock = json.loads((ROOT / "labextension" / "package-lock.json").read_text(encoding="utf-8"))
    assert {lock["version"], lock["packages"][""]["version"]} == {version()}, "`npm version` changes both files"
