"""Schema of a `%%finetune` cell for the page: the keys of the body and the options of the magic.

With it the page checks cells by itself while the kernel is busy. It knows no variables, so it says what the kernel
would say in a notebook without any.
"""

from __future__ import annotations

from typing import Any

from nbtrain.config import rules, task_keys
from nbtrain.config.describe import MAIN_KEYS
from nbtrain.config.fields import Field
from nbtrain.config.json_schema import json_schema
from nbtrain.config.keys import SPLITS
from nbtrain.config.mistaken_text import PATH_KEYS
from nbtrain.config.other_names import ADVICE, ALIASES, REPLACED
from nbtrain.config.schema import schema
from nbtrain.config.toml.writing import toml_value
from nbtrain.notebook.cell.options import OPTIONS
from nbtrain.tasks import metrics


def cell_schema() -> dict[str, Any]:
    """The JSON schema of the body, and the rest that a check needs.

    `x-options` has the options of the magic; `x-other-names`, `x-replaced` and `x-advice` what to write instead of
    other names of keys; `x-fields` the rules for the values of each key; `x-required` and `x-conflicts` those for
    several keys; `x-metrics` the metrics that come with nbtrain; `x-main` the keys that people need first.
    """
    return {
        **json_schema(),
        "x-options": options(),
        "x-other-names": dict(ALIASES),
        "x-replaced": dict(REPLACED),
        "x-advice": dict(ADVICE),
        "x-fields": {name: _rules(field) for name, field in schema().items()},
        "x-required": [{"keys": list(one.keys), "message": one.message, "fix": one.fix} for one in rules.REQUIRED],
        "x-conflicts": [
            {
                "given": dict(one.given),
                "without": list(one.without),
                "key": one.at,
                "message": one.words,
                "fix": one.fix,
            }
            for one in (*rules.CONFLICTS, *task_keys.conflicts())
        ],
        "x-metrics": metrics.names(),
        "x-main": list(MAIN_KEYS),
    }


def options() -> list[dict[str, str]]:
    """The options as JSON; see `Option` for the fields."""
    return [{"name": one.name, "value": one.value, "help": one.help, "body": one.body} for one in OPTIONS]


def _rules(field: Field) -> dict[str, Any]:
    """What the values of a key must be; see `Field`."""
    bounds = {"low": field.low, "above": field.above, "below": field.below}
    return {
        "kinds": list(field.kinds),
        "choices": list(field.choices),
        "optional": field.optional,
        **{name: bound for name, bound in bounds.items() if bound is not None},
        "bounds": field.bounds,
        "share": toml_value(field.default) if field.is_share else "",
        "hint": field.hint,
        "example": "" if field.example is None else toml_value(field.example),
        "columns": field.of_columns,
        "path": field.name in PATH_KEYS or "object" in field.kinds,
        "split": field.name in SPLITS,
    }
