"""SliderControl: a text box and a slider for a number, with a log scale for wide ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ipywidgets

from nbtrain.config.fields import Field
from nbtrain.notebook.form.controls import Edit, SilentUpdates, TextControl
from nbtrain.notebook.form.entry import entry, read
from nbtrain.notebook.form.labels import label_of
from nbtrain.notebook.form.widget_factory import WidgetFactory

MIN_LOG_RATIO = 50
"""Ratio of the ends of a range from which on the slider has a log scale."""
STEPS_PER_DECADE = 20


class SliderControl(SilentUpdates):
    """A box and a slider for the same number. The box takes any text, the slider only its range.

    Args:
        make: Creates its widgets.
        field: The key.
        edit: Called with changes.
        low: Minimum of the slider.
        high: Maximum of the slider.
        traits: Additional traits of the box.
    """

    def __init__(self, make: WidgetFactory, field: Field, edit: Edit, low: float, high: float, **traits: Any) -> None:
        self._field = field
        self._edit = edit
        self._box = TextControl(make, field, edit, **traits)
        self._is_integer = "int" in field.kinds and "float" not in field.kinds
        self._is_log = low > 0 and high / low >= MIN_LOG_RATIO and not self._is_integer
        self._shown: float = low
        self._slider = self._make_slider(make, low, high)
        self.widget = make.named("nbf-number", ipywidgets.Box, [self._box.widget, self._slider])
        self.show({})
        self._listen(self._slider, "value", self._moved)

    def show(self, values: Mapping[str, Any]) -> None:
        self._box.show(values)
        self._show_on_slider(values.get(self._field.name, self._field.default))

    def _make_slider(self, make: WidgetFactory, low: float, high: float) -> ipywidgets.Widget:
        common = {"readout": False, "description": f"{label_of(self._field.name)}, slider"}
        if self._is_log:
            ends = {"min": math.log10(low), "max": math.log10(high)}
            return make(ipywidgets.FloatLogSlider, value=low, base=10, step=1 / STEPS_PER_DECADE, **ends, **common)
        if self._is_integer:
            return make(ipywidgets.IntSlider, value=int(low), min=int(low), max=int(high), **common)
        step = 10.0 ** math.floor(math.log10((high - low) / STEPS_PER_DECADE))
        return make(ipywidgets.FloatSlider, value=low, min=low, max=high, step=step, **common)

    def _show_on_slider(self, value: Any) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            slider = self._slider
            low, high = (10**slider.min, 10**slider.max) if self._is_log else (slider.min, slider.max)
            with self._silently():
                slider.value = type(slider.value)(min(max(value, low), high))
            self._shown = slider.value

    def _moved(self) -> None:
        if self._is_next_to(self._shown):
            return  # the browser rounded the value to a step of the slider; the user did not move it
        self._shown = self._slider.value
        value = self._slider.value if self._is_integer else float(f"{self._slider.value:.2g}")
        text = entry(self._field, value)
        self._edit({self._field.name: read(self._field, text)})

    def _is_next_to(self, value: float) -> bool:
        """Whether the slider is at the step nearest to `value`."""
        slider = self._slider
        ends = (slider.value, value)
        here, there = (math.log10(end) for end in ends) if self._is_log else ends
        return bool(abs(here - there) <= 0.501 * slider.step)
