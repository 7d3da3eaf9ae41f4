"""Which split of a data set is for what, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ROLES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
    "test": ("test", "testing"),
}
"""The three splits of a run, and the names that they have in data sets."""


def pick(names: Mapping[str, Any], role: str, like: str = "") -> str | None:
    """The split for `role`: an exact match of the name, else the first with it as prefix ("validation_matched"); rather
    one with the same end as the name `like` ("dev_r2" for "train_r2").
    """
    exact, longer = for_role(names, role)
    end = re.sub(r"^[^-_.]+", "", like)
    same = [name for name in longer if end and name.endswith(end)]
    return next(iter(exact + same + longer), None)


def for_role(names: Iterable[str], role: str) -> tuple[list[str], list[str]]:
    """The names that are one for `role`, and those that begin with one."""
    exact = [name for wanted in ROLES[role] for name in names if name.lower() == wanted]
    return exact, [name for name in names if re.match(rf"({'|'.join(ROLES[role])})[-_.]", name.lower())]
