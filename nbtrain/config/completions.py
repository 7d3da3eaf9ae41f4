"""Values that are worth offering for a key, for completion wherever a configuration is written."""

from __future__ import annotations

from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value

DEMOS = ("model", "dataset")


def values(field: Field) -> list[str]:
    """Values for a key, as TOML writes them; the variables of a notebook come to these."""
    offered: list[str | bool] = list(field.choices)
    if "bool" in field.kinds:
        offered += [True, False]
    if field.name in DEMOS:
        offered.append("demo")
    if field.name == "metrics":
        from nbtrain.tasks.metrics import names

        offered += names()
    if field.optional and not field.own:
        offered.append("none")
    return [toml_value(value) for value in dict.fromkeys(offered)]
