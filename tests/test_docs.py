"""The documentation has all that is public."""

from __future__ import annotations

import re
from pathlib import Path

import nbtrain

DOCS = Path(__file__).parents[1] / "docs"


def test_the_reference_has_every_public_name_and_no_other() -> None:
    documented = re.findall(r"^\.\. auto\w+:: nbtrain\.(\w+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(nbtrain.__all__)
