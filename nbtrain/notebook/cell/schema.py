"""What may stand in a `%%finetune` cell, for the page: the schema of the body, and the options of the magic."""

from __future__ import annotations

from typing import Any

from nbtrain.config.json_schema import json_schema
from nbtrain.config.schema import ALIASES
from nbtrain.notebook.cell.options import OPTIONS


def cell_schema() -> dict[str, Any]:
    """The JSON schema of the body, with `x-options`, those of the magic's line, and `x-other-names`, the keys by names
    that people know from elsewhere.
    """
    return {**json_schema(), "x-options": options(), "x-other-names": dict(ALIASES)}


def options() -> list[dict[str, str]]:
    """Each option's name, the name of its value or "", its help, and what the body is with it (see `Option`)."""
    return [{"name": one.name, "value": one.value, "help": one.help, "body": one.body} for one in OPTIONS]
