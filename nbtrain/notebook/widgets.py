"""What differs between ipywidgets 7 (Google Colab) and 8."""

from __future__ import annotations

from typing import Any


def widget_bundle(widget: Any, text: str) -> dict[str, Any]:
    """The MIME bundle that displays a widget, in every version of ipywidgets.

    `display(widget)` would drop the display ID and the metadata with ipywidgets 7.

    Args:
        widget: The widget.
        text: What a front end without widgets shows.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"text/plain": text, "application/vnd.jupyter.widget-view+json": view}


def known_traits(kind: type, traits: dict[str, Any]) -> dict[str, Any]:
    """`traits` as `kind` has them: with ipywidgets 7, a widget with a description calls its tooltip otherwise."""
    if "tooltip" not in traits or hasattr(kind, "tooltip"):
        return traits
    known = {name: value for name, value in traits.items() if name != "tooltip"}
    return {**known, "description_tooltip": traits["tooltip"]} if hasattr(kind, "description_tooltip") else known
