"""`run.plot()` and `comparison.plot()` are pictures in a kernel, whatever was or was not set up for matplotlib."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from tests.kernel.conftest import Kernel

if TYPE_CHECKING:
    import pandas as pd

pytestmark = pytest.mark.kernel

WIDTH = 720
"""Of the figures, in CSS pixels."""


@pytest.fixture(scope="module")
def directory(tiny_model: Path, pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures") / "run"
    keys = dict(model=str(tiny_model), train=pairs, text=["left", "right"], use_cpu=True, max_steps=4)
    return nbtrain.finetune(**keys, output_dir=str(folder), views=[]).directory


@pytest.fixture(
    scope="module",
    params=[
        "",
        *(
            pytest.param(code, marks=pytest.mark.full)
            for code in ("import matplotlib.pyplot as plt", "%matplotlib inline")
        ),
    ],
)
def kernel(request: pytest.FixtureRequest, directory: Path) -> Iterator[Kernel]:
    """A fresh kernel in which the line of the parameter was executed, and a run is there."""
    kernel = Kernel(directory)
    try:
        load = f"import nbtrain\nrun = nbtrain.Run.load({str(directory)!r})"
        assert kernel.execute(f"{request.param}\n{load}") == "ok", kernel.error()
        yield kernel
    finally:
        kernel.close()


def pictures(kernel: Kernel) -> list[dict[str, Any]]:
    """What the last cell shows that has a PNG."""
    shown = [one["content"] for one in kernel.outputs if one["msg_type"] in ("display_data", "execute_result")]
    return [content for content in shown if "image/png" in content["data"]]


@pytest.mark.parametrize("figure", ["run.plot()", "nbtrain.compare(run).plot()"])
def test_a_figure_is_shown_once(kernel: Kernel, figure: str) -> None:
    from PIL import Image

    assert kernel.execute(figure) == "ok", kernel.error()
    assert len(pictures(kernel)) == 1
    image = Image.open(io.BytesIO(base64.b64decode(pictures(kernel)[0]["data"]["image/png"])))
    assert image.width >= 0.9 * WIDTH
    assert image.getextrema()[3] == (0, 255), "transparent, with something drawn on it"


def test_a_figure_that_is_displayed_is_shown_once(kernel: Kernel) -> None:
    assert kernel.execute("display(run.plot())\nNone") == "ok", kernel.error()
    assert len(pictures(kernel)) == 1


def test_no_more_is_shown_than_is_asked_for(kernel: Kernel) -> None:
    assert kernel.execute("figure = run.plot()") == "ok", kernel.error()
    assert pictures(kernel) == []
