"""What the page is told of fine-tune cells."""

from __future__ import annotations

import json

from nbtrain.config import schema
from nbtrain.notebook.cell.options import NAMES
from nbtrain.notebook.cell.schema import cell_schema


def test_it_has_the_keys_the_options_and_other_names() -> None:
    told = json.loads(json.dumps(cell_schema(), allow_nan=False))
    assert set(told["properties"]) == set(schema())
    options = {option["name"]: option for option in told["x-options"]}
    assert tuple(options) == NAMES
    assert (options["--out"]["value"], options["--quiet"]["value"]) == ("NAME", "")
    assert [options[name]["body"] for name in ("--out", "--resume", "--list")] == ["whole", "changes", "unread"]
    assert all(option["help"] for option in options.values())
    assert told["x-other-names"]["lr"] == "learning_rate"
    assert set(told["x-other-names"].values()) <= set(schema())
