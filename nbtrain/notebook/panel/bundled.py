"""The built code of the live panel, which `labextension/panel.config.mjs` bundles."""

from __future__ import annotations

from pathlib import Path

from nbtrain.errors import NbTrainError

FOLDER = Path(__file__).with_name("bundle")


def bundled(name: str) -> str:
    """A file of the bundle: "panel.js" or "panel.css".

    Raises:
        NbTrainError: It was not built; wheels and source distributions have it.
    """
    try:
        return (FOLDER / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"The live panel is not built: there is no {FOLDER / name}."
        raise NbTrainError(f"{message}\n    In a checkout of nbtrain, run `make labextension`.") from error
