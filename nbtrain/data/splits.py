"""Cutting splits: a validation split where there is none, and no more examples than were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.feature_types import percent
from nbtrain.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nbtrain.data.source import Examples


def cut_validation(
    train: Examples, classes: NDArray[np.int64] | None, *, share: float, seed: int, notes: list[str]
) -> tuple[Examples, Examples]:
    """Sets a share of the training examples aside; both parts keep the data set's order.

    Args:
        train: The examples.
        classes: The class of each, (rows,), so that both parts have the same mix; None where there are no classes.
        share: How much to set aside, between 0 and 1.
        seed: Seed of the draw.
        notes: Gets a sentence that says what was done.

    Raises:
        DataError: There are too few examples.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    count = max(1, round(len(train) * share))
    if len(train) - count < 1:
        msg = f"train has {len(train)} rows: too few to set some aside for validation. Give `validation` as well."
        raise DataError(msg)
    too_rare = classes is not None and _too_rare(classes, count, len(train))
    stratify = None if too_rare else classes
    kept, aside = train_test_split(np.arange(len(train)), test_size=count, random_state=seed, stratify=stratify)
    how = "" if stratify is None else ", with the same mix of labels"
    why = " Some labels are too rare to be in both parts." if too_rare else ""
    notes.append(
        f"There is no validation split: {count:,} of {len(train):,} training examples ({percent(share)}) were set aside"
        f"{how} (seed {seed}).{why}"
    )
    return train.select(np.sort(kept)), train.select(np.sort(aside))


def _too_rare(classes: NDArray[np.int64], count: int, total: int) -> bool:
    import numpy as np

    sizes = np.unique(classes, return_counts=True)[1]
    return bool(sizes.min() < 2 or min(count, total - count) < len(sizes))


def limit(examples: Examples, most: int | None, *, split: str, seed: int, notes: list[str]) -> Examples:
    """At most `most` examples, drawn at random (a file is often sorted by its labels), in the data set's order."""
    import numpy as np

    if most is None or len(examples) <= most:
        return examples
    drawn = np.random.default_rng(seed).choice(len(examples), size=most, replace=False)
    notes.append(f"{split}: {most:,} of {len(examples):,} examples, drawn at random (seed {seed}).")
    return examples.select(np.sort(drawn))
