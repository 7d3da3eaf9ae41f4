"""Numbers and how they are written: Python and the browser must write them alike.

`python -m tests.format_cases` writes `format_cases.json` again with what `nbtrain.format` gives.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbtrain import format

FILE = Path(__file__).with_suffix(".json")

VALUES = [
    *(
        0,
        1,
        -0.5,
        0.84313,
        0.99999,
        9.99996,
        12.34567,
        99.9996,
        123.456,
        12_345.6,
        123_456.7,
        9_999_999.9,
        1e7,
        4e9,
        -1.25e12,
    ),
    *(5e-5, 9.28e-5, 4.998e-5, 1e-6, 9.999e-4, 9.9996e-4, 1e-3, 0.00015, -3.2e-5, 1e-30, 1e30),
    *(29 / 32, 0.8125, 0.125, 2.5, 12_344.5, 1_125_000_000),  # halves
    *(2e-5, 3e-4, 0.01, 0.1, 0.3, 2 / 3, 100, 1000, 12_000),
]
SECONDS = [0, 0.5, 1.5, 7.4, 59.5, 59.7, 133, 3599.5, 3733, 180_000]
RATES = [0.416, 3.14159, 8.25, 9.999, 10.05, 82.46, 99.96, 145.5, 1240.2, 12_345.5]
COLUMNS = [[0.5, 13.71667, None, 1e-9], [0.84312, 12.3, None], [0.5, 3.2e-5, 0, -1], [12_345_678, 1], [1000, 0.5], []]
EPOCHS = [[1, 2], [0.5, 2], [0.125, 1], [2.004, 3], [1000.5]]

FUNCTIONS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "number": (format.number, [*VALUES, None]),
    "hyperparameter": (format.hyperparameter, [*VALUES, None]),
    "hyperparameter_of_4_digits": (lambda value: format.hyperparameter(value, 4), VALUES),
    "short": (format.short, VALUES),
    "epoch": (format.epoch, [0, 0.125, 0.784, 2.999, 100]),
    "duration": (format.duration, SECONDS),
    "rate": (format.rate, RATES),
    "count": (format.count, [0, 12, 3668, 1_000_000]),
    "column": (format.column, COLUMNS),
    "epochs": (format.epochs, EPOCHS),
}
"""For each function what it is given."""


def main() -> None:
    noise = random.Random(0)
    drawn = [float(f"{noise.choice([-1, 1]) * 10 ** noise.uniform(-8, 9):.9g}") for _ in range(100)]
    cases = {
        name: [[value, write(value)] for value in [*values, *(drawn if values[:20] == VALUES[:20] else [])]]
        for name, (write, values) in FUNCTIONS.items()
    }
    lines = [f"{json.dumps(name)}:{json.dumps(each, separators=(',', ':'))}" for name, each in cases.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
