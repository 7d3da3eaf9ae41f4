"""`python -m nbtrain.config` prints the table of nbtrain's own keys, for the README."""

from __future__ import annotations

from nbtrain.config.describe import markdown_table

print(markdown_table())
