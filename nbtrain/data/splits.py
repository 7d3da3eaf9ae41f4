"""Hold out a validation split if there is none, and limit the number of examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.feature_types import percent, plural
from nbtrain.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nbtrain.data.source import Examples


def hold_out_validation(
    train: Examples, classes: NDArray[np.int64] | None, *, fraction: float, seed: int, notes: list[str]
) -> tuple[Examples, Examples]:
    """Split a fraction of the training examples off; both splits keep the order of the data set.

    Args:
        train: The examples.
        classes: The class of each, (rows,), to stratify by; None if there are no classes.
        fraction: How much to hold out, between 0 and 1.
        seed: Seed of the random choice.
        notes: Receives a note about what was done.

    Raises:
        DataError: There are too few examples.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    count = max(1, round(len(train) * fraction))
    if len(train) - count < 1:
        msg = f"train has {plural(len(train), 'row')}: too few to hold some out for validation. Set `validation` too."
        raise DataError(msg)
    too_rare = classes is not None and _too_rare(classes, count, len(train))
    stratify = None if too_rare else classes
    kept, held_out = train_test_split(np.arange(len(train)), test_size=count, random_state=seed, stratify=stratify)
    how = "" if stratify is None else "stratified by label, "
    why = " Not stratified: some labels are too rare to be in both splits." if too_rare else ""
    are = "is" if count == 1 else "are"
    examples = f"{count:,} of {plural(len(train), 'training example')} ({percent(fraction)})"
    notes.append(f"No validation data: {examples} {are} held out for validation ({how}seed {seed}).{why}")
    return train.select(np.sort(kept)), train.select(np.sort(held_out))


def _too_rare(classes: NDArray[np.int64], count: int, total: int) -> bool:
    import numpy as np

    sizes = np.unique(classes, return_counts=True)[1]
    return bool(sizes.min() < 2 or min(count, total - count) < len(sizes))


def limit(examples: Examples, max_examples: int | None, *, split: str, seed: int, notes: list[str]) -> Examples:
    """A random sample of at most `max_examples` (files are often sorted by label), in the order of the data set."""
    import numpy as np

    if max_examples is None or len(examples) <= max_examples:
        return examples
    drawn = np.random.default_rng(seed).choice(len(examples), size=max_examples, replace=False)
    use, examples_of = ("Training", "examples") if split == "train" else ("Evaluating", f"{split} examples")
    notes.append(f"{use} on a random sample: {max_examples:,} of {len(examples):,} {examples_of} (seed {seed}).")
    return examples.select(np.sort(drawn))
