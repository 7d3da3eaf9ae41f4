"""Run directories made of small tables of predictions: nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nbtrain import Run
from nbtrain.events import Created, Ended, Evaluated, Event, Predicted, Prepared, Started, TaskSpec, run_dir
from nbtrain.events.recorder import Recorder


def write(
    folder: Path,
    spec: TaskSpec,
    evaluations: Mapping[int, pd.DataFrame],
    inputs: pd.DataFrame | None = None,
    *,
    between: Mapping[int, Sequence[Event]] | None = None,
    ended: bool = True,
) -> Run:
    """A run with evaluations after some steps, whose input columns are in its predictions."""
    folder.mkdir(parents=True)
    recorder = Recorder("20260101-000000-abcd", folder)
    recorder.emit(Created(config='model = "m"\n', directory=str(folder)))
    recorder.emit(Prepared(spec=spec, sizes={"train": 8, "validation": 4}))
    recorder.emit(Started(max_steps=100, epochs=2.0, batch_size=8))
    step = 0
    for step, table in evaluations.items():
        for event in (between or {}).get(step, ()):
            recorder.emit(event)
        file = run_dir.evaluation_file(step)
        (folder / file).parent.mkdir(exist_ok=True)
        table.to_parquet(folder / file)
        recorder.emit(Evaluated(step=step, epoch=step / 50, metrics={"eval_loss": 1.0}, file=file))
    if ended:
        if inputs is not None:
            table = pd.concat([inputs, evaluations[step]], axis="columns")
            table.to_parquet(folder / run_dir.PREDICTIONS)
            recorder.emit(Predicted(step=step, file=run_dir.PREDICTIONS, rows=len(table)))
        recorder.emit(Ended(step=step, status="finished", weights=step))
    recorder.close()
    return Run.load(folder)


def spec(task: str, *labels: Any, inputs: Sequence[str] = ("text",), **options: Any) -> TaskSpec:
    return TaskSpec(task, tuple(inputs), ("label",), tuple(labels), options)


def classes(label: Sequence[Any], probabilities: Sequence[Sequence[float]], names: Sequence[Any]) -> pd.DataFrame:
    """A table of predictions of classes; None as a label is a row without one."""
    import numpy as np

    p = np.array(probabilities, dtype=float).reshape(len(label), len(names))
    best = [names[at] for at in p.argmax(axis=1)]
    own = [names.index(one) if one is not None else 0 for one in label]
    loss = [-float(np.log(row[at])) for row, at in zip(p, own, strict=True)]
    frame = pd.DataFrame({"label": pd.Series(label, dtype=object), "prediction": best, "probability": p.max(axis=1)})
    for at, name in enumerate(names):
        frame[f"p({name})"] = p[:, at]
    frame["loss"], frame["correct"] = loss, [a == b for a, b in zip(label, best, strict=True)]
    if any(one is None for one in label):
        known = frame["label"].notna()
        frame = frame.assign(**{one: frame[one].convert_dtypes().where(known) for one in ("label", "loss", "correct")})
    elif label:
        frame["label"] = list(label)
    return frame
