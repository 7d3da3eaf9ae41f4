"""PrecisionControl: one field for the keys `bf16` and `fp16`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbtrain.config.schema import schema
from nbtrain.notebook.form.controls import ChoiceControl, Edit
from nbtrain.notebook.form.field_order import PRECISION
from nbtrain.notebook.form.labels import label_of
from nbtrain.notebook.form.widget_factory import WidgetFactory

NOT_GIVEN, OFF, BOTH = "", "off", "both"
LABELS = {OFF: "32 bit", BOTH: "bf16 and fp16"}


class PrecisionControl:
    """A drop-down for both keys."""

    def __init__(self, make: WidgetFactory, edit: Edit) -> None:
        self._edit = edit
        choices = [NOT_GIVEN, *PRECISION]
        self._choice = ChoiceControl(make, label_of(PRECISION[0]), "", self._chosen, choices, NOT_GIVEN, _labels({}))
        self.widget = self._choice.widget

    def show(self, values: Mapping[str, Any]) -> None:
        on = [key for key in PRECISION if values.get(key) is True]
        off = OFF if any(values.get(key) is False for key in PRECISION) else NOT_GIVEN
        self._choice.offer([NOT_GIVEN, *PRECISION], _labels(values))
        self._choice.show_value(BOTH if len(on) == 2 else on[0] if on else off)

    def _chosen(self, changes: Mapping[str, Any]) -> None:
        chosen = changes[""]
        if chosen not in (OFF, BOTH):  # choices that only show the text; they cannot be set
            self._edit({key: True if key == chosen else None for key in PRECISION})


def _labels(values: Mapping[str, Any]) -> dict[str, str]:
    """Labels of the choices. Without either key, `speed` decides."""
    return {**LABELS, NOT_GIVEN: "32 bit" if values.get("speed", schema()["speed"].default) == "exact" else "Automatic"}
