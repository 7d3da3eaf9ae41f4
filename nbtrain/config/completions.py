"""Values to suggest for a key, for completion."""

from __future__ import annotations

from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value
from nbtrain.demo import MODELS

DEMO = {"model": tuple(MODELS), "dataset": ("demo",)}
"""Values that need no network."""


def values(field: Field) -> list[str]:
    """Values for a key, in TOML; variables of the notebook are added elsewhere."""
    offered: list[str | bool] = list(field.choices)
    if "bool" in field.kinds:
        offered += [True, False]
    offered += DEMO.get(field.name, ())
    if field.name == "metrics":
        from nbtrain.tasks.metrics import names

        offered += names()
    if field.optional and not field.own:
        offered.append("none")
    return [toml_value(value) for value in dict.fromkeys(offered)]
