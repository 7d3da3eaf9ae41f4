"""The built code of the widgets, live panel and form, which `labextension/widgets.config.mjs` bundles."""

from __future__ import annotations

from pathlib import Path

from nbtrain.errors import NbTrainError

FOLDER = Path(__file__).with_name("bundle")


def bundled(name: str) -> str:
    """A file of the bundle, such as "panel.js" or "form.css".

    Raises:
        NbTrainError: It was not built; wheels and source distributions have it.
    """
    try:
        return (FOLDER / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"The widgets are not built: there is no {FOLDER / name}."
        raise NbTrainError(f"{message}\n    In a checkout of nbtrain, run `make labextension`.") from error
