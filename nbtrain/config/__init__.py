"""The configuration of a run: one schema, read from TOML or keyword arguments, with all problems reported at once."""

from __future__ import annotations

from nbtrain.config.config import Config
from nbtrain.config.draft import Draft
from nbtrain.config.fields import Field
from nbtrain.config.read import from_file, from_mapping, from_toml
from nbtrain.config.schema import schema

__all__ = ["Config", "Draft", "Field", "from_file", "from_mapping", "from_toml", "schema"]
