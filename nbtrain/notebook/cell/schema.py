"""Schema of a `%%finetune` cell for the page: the keys of the body and the options of the magic."""

from __future__ import annotations

from typing import Any

from nbtrain.config.json_schema import json_schema
from nbtrain.config.other_names import ALIASES
from nbtrain.notebook.cell.options import OPTIONS


def cell_schema() -> dict[str, Any]:
    """The JSON schema of the body, with `x-options` (options of the magic) and `x-other-names` (common other names of
    keys).
    """
    return {**json_schema(), "x-options": options(), "x-other-names": dict(ALIASES)}


def options() -> list[dict[str, str]]:
    """The options as JSON; see `Option` for the fields."""
    return [{"name": one.name, "value": one.value, "help": one.help, "body": one.body} for one in OPTIONS]
