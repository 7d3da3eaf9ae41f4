"""Schema of a `%%finetune` cell for the page: the keys of the body and the options of the magic.

With it the page completes cells, and checks keys, types and choices by itself while the kernel is busy.
"""

from __future__ import annotations

from typing import Any

from nbtrain.config.describe import MAIN_KEYS
from nbtrain.config.fields import Field
from nbtrain.config.json_schema import json_schema
from nbtrain.config.other_names import ALIASES
from nbtrain.config.schema import schema
from nbtrain.notebook.cell.options import OPTIONS


def cell_schema() -> dict[str, Any]:
    """The JSON schema of the body, and the rest that a check needs.

    `x-options` has the options of the magic; `x-other-names` names that other tools use for keys; `x-fields` the types
    and choices of the values of each key; `x-main` the keys that people need first.
    """
    return {
        **json_schema(),
        "x-options": options(),
        "x-other-names": dict(ALIASES),
        "x-fields": {name: _rules(field) for name, field in schema().items()},
        "x-main": list(MAIN_KEYS),
    }


def options() -> list[dict[str, str]]:
    """The options as JSON; see `Option` for the fields."""
    return [{"name": one.name, "value": one.value, "help": one.help, "body": one.body} for one in OPTIONS]


def _rules(field: Field) -> dict[str, Any]:
    """Type and choices of the values of a key; see `Field`."""
    return {"kinds": list(field.kinds), "choices": list(field.choices), "optional": field.optional}
