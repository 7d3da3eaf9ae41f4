"""Predictions of many rows: some thousands at a time, in their order, and no more in memory than there must be."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain import DataError, Run
from nbtrain.engine import outputs
from nbtrain.engine.outputs import EvaluationTap, Outputs
from nbtrain.training import predict


def finetuned(tiny_model: Path, pairs: pd.DataFrame, folder: Path) -> Run:
    keys: dict[str, Any] = dict(model=str(tiny_model), train=pairs, text=["left", "right"], use_cpu=True, views=[])
    keys |= dict(max_steps=3, speed="exact", per_device_eval_batch_size=4)
    return nbtrain.finetune(output_dir=str(folder), **keys)


@pytest.fixture
def fresh(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> Run:
    """A run whose Trainer is in memory, with its evaluation split."""
    return finetuned(tiny_model, pairs, tmp_path / "run")


@pytest.fixture(scope="module")
def run(tiny_model: Path, pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose evaluations take the rows as they come."""
    return finetuned(tiny_model, pairs, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Predicts 10 rows at a time, in whole batches of 4, so 8; gets the sizes."""
    sizes: list[int] = []
    ask = EvaluationTap.predict

    def counted(self: EvaluationTap, dataset: Any) -> Outputs | None:
        sizes.append(len(dataset))
        return ask(self, dataset)

    monkeypatch.setattr(predict, "ROWS", 10)
    monkeypatch.setattr(EvaluationTap, "predict", counted)
    return sizes


def texts(pairs: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(pairs["left"], pairs["right"], strict=True))


def test_parts_of_whole_batches_give_the_same_numbers(
    run: Run, pairs: pd.DataFrame, few_at_a_time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = run.predict(pairs)
    assert few_at_a_time == [8] * 7 + [4]
    monkeypatch.undo()
    assert in_parts.equals(run.predict(pairs))
    assert list(in_parts["id"]) == list(pairs["id"])


def test_the_longest_first_within_each_part(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, few_at_a_time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: dict[str, Any] = dict(model=str(tiny_model), train=pairs, text=["left"], use_cpu=True, views=[], max_steps=1)
    quick = nbtrain.finetune(output_dir=str(tmp_path / "quick"), per_device_eval_batch_size=4, bf16=False, **keys)
    of_lengths = pairs.assign(left=[" ".join(text.split()[: 1 + at % 5]) for at, text in enumerate(pairs["left"])])
    few_at_a_time.clear()
    in_parts = quick.predict(of_lengths)
    assert few_at_a_time == [8] * 7 + [4]
    monkeypatch.undo()
    whole = quick.predict(of_lengths)
    assert list(in_parts["left"]) == list(whole["left"]) == list(of_lengths["left"])
    assert in_parts["p(same)"].to_numpy() == pytest.approx(whole["p(same)"].to_numpy(), rel=1e-5)


def test_a_generator_is_read_as_it_is_predicted(run: Run, pairs: pd.DataFrame) -> None:
    read = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal read
        for pair in itertools.cycle(texts(pairs)):
            read += 1
            yield pair

    parts = run.predict_in_parts(endless(), rows=16)
    first, second = next(parts), next(parts)
    assert read == 32
    whole = run.predict(texts(pairs))
    assert pd.concat([first, second], ignore_index=True).equals(whole.head(32))


def test_generators_give_what_lists_give(run: Run, pairs: pd.DataFrame, few_at_a_time: list[int]) -> None:
    from datasets import Dataset

    wanted = run.predict(texts(pairs))
    assert run.predict(iter(texts(pairs))).equals(wanted)
    with_labels = run.predict(Dataset.from_pandas(pairs).to_iterable_dataset())
    assert with_labels.equals(run.predict(pairs))
    assert "correct" in with_labels
    assert [len(part) for part in run.predict_in_parts(pairs, rows=25)] == [25, 25, 10]


def test_mistakes_are_told_by_the_number_of_the_item(run: Run, pairs: pd.DataFrame) -> None:
    parts = run.predict_in_parts(iter([*texts(pairs), ("only one",)]), rows=16)
    with pytest.raises(DataError, match="Item 60 has 1 string"):
        list(parts)
    with pytest.raises(DataError, match="no rows"):
        run.predict(iter([]))


def test_hidden_states_are_not_gathered(fresh: Run, pairs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.trainer_pt_utils import EvalLoopContainer

    gathered: list[Any] = []
    add = EvalLoopContainer.add
    monkeypatch.setattr(EvalLoopContainer, "add", lambda self, values: (gathered.append(values), add(self, values))[1])
    plain, metrics = fresh.predict(pairs), fresh.trainer.evaluate()
    monkeypatch.setattr(fresh.model.config, "output_hidden_states", True)
    tap = EvaluationTap(fresh.trainer)
    tap.install()
    gathered.clear()
    try:
        again = fresh.trainer.evaluate()
    finally:
        tap.remove()
    assert not any(isinstance(values, tuple) for values in gathered)
    assert again["eval_accuracy"] == metrics["eval_accuracy"]
    assert tap.last is not None
    assert fresh.trainer.preprocess_logits_for_metrics is None
    assert fresh.predict(pairs).equals(plain)
    assert not any(isinstance(values, tuple) for values in gathered)


def test_who_computes_metrics_himself_gets_all(fresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(fresh.trainer, "compute_metrics", lambda prediction: (seen.append(prediction), {})[1])
    monkeypatch.setattr(fresh.model.config, "output_hidden_states", True)
    tap = EvaluationTap(fresh.trainer)
    tap.install()
    try:
        fresh.trainer.evaluate()
    finally:
        tap.remove()
    assert isinstance(seen[0].predictions, tuple)
    assert tap.last[""].logits.shape == (6, 2)


@pytest.mark.parametrize(("rows", "batches"), [(1000, None), (1_000_000, 524_288)])
def test_what_stays_on_a_device(run: Run, rows: int, batches: int | None) -> None:
    """Two classes in batches of 4: 32 bytes each; four bytes in 64 MB of them."""
    stay = outputs.batches_on_device(run.trainer, range(rows * 16))
    assert stay == (None if batches is None else batches * 4)


MEMORY = """
import resource, sys
import numpy as np, pyarrow as pa, torch
from datasets import Dataset
from transformers import PreTrainedConfig, PreTrainedModel, Trainer, TrainingArguments
from nbtrain.training.predict import frame_of, outputs_of
from nbtrain.events import TaskSpec

ROWS, CLASSES = 100_000, 256

class Trivial(PreTrainedModel):
    config_class = PreTrainedConfig
    def __init__(self, config):
        super().__init__(config)
        self.table = torch.nn.Embedding(100, CLASSES)
    def forward(self, input_ids=None, labels=None):
        return {"logits": self.table(input_ids[:, 0])}

torch.set_num_threads(1)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
arguments = TrainingArguments("out", per_device_eval_batch_size=256, use_cpu=True, report_to="none", disable_tqdm=True)
trainer = Trainer(Trivial(PreTrainedConfig(num_labels=CLASSES)), arguments)
tokens = pa.array(np.arange(ROWS) % 100).cast(pa.int32())
encoded = Dataset(pa.table({"input_ids": pa.FixedSizeListArray.from_arrays(tokens, 1)}))
rows = Dataset(pa.table({"number": pa.array(range(ROWS))}))
names = [str(number) for number in range(CLASSES)]
spec = TaskSpec("text_classification", (), ("label",), tuple(names), {"max_length": 8})
frame_of(rows.select(range(1000)), outputs_of(trainer, encoded.select(range(1000)), spec), spec)
before = peak()
frame = frame_of(rows, outputs_of(trainer, encoded, spec), spec)
logits, table = ROWS * CLASSES * 4, sum(frame.dtypes == "float64") * ROWS * 8
weights = trainer.model.table.weight.detach()
wanted = weights[5].softmax(0)
assert np.allclose(frame.loc[205, [f"p({name})" for name in names]].astype(float), wanted, atol=1e-6)
print(peak() - before, logits, table)
"""


@pytest.mark.kernel
def test_logits_are_in_memory_once(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    grown, logits, table = (int(number) for number in done.stdout.split()[-3:])
    assert grown < table + 1.6 * logits, f"{grown / 2**20:.0f} MB for {table / 2**20:.0f} MB of results"
