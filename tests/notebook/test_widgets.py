"""What differs between versions of ipywidgets and ipykernel."""

from __future__ import annotations

import ipykernel
import ipywidgets
import pytest

from nbtrain.notebook.kernel import comms
from nbtrain.notebook.widgets import known_traits, widget_bundle


def test_a_widget_is_displayed_by_its_model() -> None:
    box = ipywidgets.VBox([])
    bundle = widget_bundle(box, "a form")
    assert bundle["text/plain"] == "a form"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == box.model_id


def test_a_tooltip_has_the_name_that_the_widget_knows() -> None:
    class Seven:
        description_tooltip = None

    assert known_traits(Seven, {"value": 1, "tooltip": "help"}) == {"value": 1, "description_tooltip": "help"}
    assert known_traits(type("Box", (), {}), {"tooltip": "help"}) == {}
    assert known_traits(ipywidgets.Button, {"tooltip": "help"}) == {"tooltip": "help"}


@pytest.mark.parametrize(("version", "is_own"), [((6, 17, 1), True), ((6, 18, 0), False), ((7, 4, 0), False)])
def test_ipykernel_before_6_18_makes_comms_itself(
    version: tuple[int, ...], is_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipykernel, "version_info", version)
    assert (comms._own_comms() is ipykernel.comm) is is_own
