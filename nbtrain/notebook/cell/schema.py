"""What may stand in a `%%finetune` cell, for the page: the schema of the body, and the options of the magic."""

from __future__ import annotations

from typing import Any

from nbtrain.config.json_schema import json_schema
from nbtrain.config.schema import OTHER_NAMES


def cell_schema() -> dict[str, Any]:
    """The JSON schema of the body, with `x-options`, those of the magic's line, and `x-other-names`, the keys by names
    that people know from elsewhere.
    """
    return {**json_schema(), "x-options": options(), "x-other-names": dict(OTHER_NAMES)}


def options() -> list[dict[str, str]]:
    """The options of `%%finetune` as its parser has them: each one's name, its value's name or "", and its help."""
    from nbtrain.notebook.cell.magics import FinetuneMagics

    parser = FinetuneMagics.finetune.parser
    return [
        {
            "name": action.option_strings[-1],
            "value": "" if action.nargs == 0 else str(action.metavar or action.dest.upper()),
            "help": str(action.help or ""),
        }
        for action in parser._actions
        if action.option_strings
    ]
