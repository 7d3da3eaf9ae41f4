"""What `speed = "auto"` chooses, for simulated devices."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from nbtrain.config import from_mapping
from nbtrain.errors import ConfigError
from nbtrain.training import speed
from nbtrain.training.speed import Choices, DeviceInfo, Inputs, choose, choose_for_prediction, padding_share

CPU = DeviceInfo("cpu", bf16=True, keeps_heap=True)
OLD_CPU = DeviceInfo("cpu", bf16=False)
GPU = DeviceInfo("cuda", bf16=True)
OLD_GPU = DeviceInfo("cuda", bf16=False)
BERT = Inputs(dropout=True, lengths=np.random.default_rng(0).integers(5, 100, 200))


def chosen(facts: DeviceInfo, inputs: Inputs = BERT, **keys: Any) -> Choices:
    return choose(from_mapping({"model": "demo", "dataset": "demo", **keys}), facts, inputs)


def said(choices: Choices) -> str:
    assert len(choices.notes) == 1
    line, _, long = choices.notes[0].partition("\n")
    assert line.startswith("Speed-ups: ") and long.startswith('speed = "auto": ') and long.endswith(".")
    return long


def test_a_cpu_with_bfloat16() -> None:
    choices = chosen(CPU)
    assert choices.arguments == {"bf16": True, "use_cpu": True, "per_device_eval_batch_size": 32}
    assert (choices.by_length, choices.attention, choices.keeps_heap) == (True, "eager", True)
    assert "bfloat16" in said(choices) and "this CPU" in said(choices)
    assert re.search(r"length .*4\d ?% .*padding", said(choices))
    assert "batch size 32, longest inputs first" in said(choices)
    assert 'attention "eager"' in said(choices) and "dropout" in said(choices)
    assert "freed memory" in said(choices)
    assert set(choices.recorded) == {"arguments", "by_length", "attention"}


def test_a_cpu_without() -> None:
    choices = chosen(OLD_CPU)
    assert choices.arguments == {"per_device_eval_batch_size": 32}
    assert (choices.by_length, choices.attention, choices.keeps_heap) == (True, None, False)
    assert "float32 (this CPU has no bfloat16" in said(choices)


def test_gpus() -> None:
    assert chosen(GPU).arguments == {"bf16": True, "per_device_eval_batch_size": 32}
    assert chosen(GPU).attention is None and not chosen(GPU).keeps_heap and chosen(GPU).by_length
    assert "bfloat16 mixed precision (this device (cuda)" in said(chosen(GPU))
    assert "bf16" not in chosen(OLD_GPU).arguments and "fp16" not in chosen(OLD_GPU).arguments
    assert "float32 (this device (cuda) has no bfloat16" in said(chosen(OLD_GPU))


def test_exact_is_nothing_at_all() -> None:
    assert chosen(CPU, speed="exact") == Choices()
    assert Choices().notes == [] and Choices().recorded == {}
    assert choose_for_prediction(from_mapping({"speed": "exact"}, complete=False), CPU, None) == Choices()
    with pytest.raises(ConfigError, match=r'`speed`: expected one of "auto", "exact", got "fast"'):
        chosen(CPU, speed="fast")


@pytest.mark.parametrize("keys", [{"bf16": False}, {"bf16": True}, {"fp16": True}, {"bf16_full_eval": True}])
def test_a_precision_of_the_user_is_his(keys: dict[str, Any]) -> None:
    choices = chosen(CPU, **keys)
    assert choices.arguments == {"per_device_eval_batch_size": 32}
    assert "bfloat16" not in said(choices) and choices.attention is None


def test_other_keys_of_the_user() -> None:
    sized = chosen(CPU, per_device_eval_batch_size=8)
    assert "per_device_eval_batch_size" not in sized.arguments
    assert "longest inputs first" in said(sized) and "batch size" not in said(sized)
    assert chosen(CPU, use_cpu=True).arguments["bf16"]
    assert "bf16" not in chosen(CPU, use_cpu=False).arguments
    seen = [{"batch_eval_metrics": True}, {"eval_do_concat_batches": False}, {"include_for_metrics": ["loss"]}]
    for key in [*seen, {"dataloader_drop_last": True}]:
        assert "per_device_eval_batch_size" not in chosen(CPU, **key).arguments
    for strategy in ("random", "sequential", "group_by_length"):
        assert not chosen(CPU, train_sampling_strategy=strategy).by_length
    collated = chosen(CPU, data_collator=object())
    assert not collated.by_length and "`data_collator`" in said(collated)
    own = chosen(CPU, trainer_class=object())
    assert own.recorded == {} and not own.keeps_heap and "`trainer_class`" in said(own)


def test_models_and_data() -> None:
    half = chosen(CPU, Inputs(dtype="bfloat16", dropout=True, lengths=BERT.lengths))
    assert "bf16" not in half.arguments and "(bfloat16)" in said(half)
    assert chosen(CPU, Inputs(dropout=False, lengths=BERT.lengths)).attention is None
    assert chosen(CPU, Inputs(dropout=True, attention="sdpa", lengths=BERT.lengths)).attention is None
    same = chosen(CPU, Inputs(lengths=np.full(100, 7)))
    assert not same.by_length and "random order" in said(same)
    assert not chosen(CPU, Inputs(lengths=None)).by_length
    assert not chosen(CPU, per_device_train_batch_size=1).by_length


def test_inputs_are_read_off_model_and_data() -> None:
    from datasets import Dataset
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=9)
    rows = Dataset.from_dict({"input_ids": [[1, 2], [3]]})
    named = Inputs.of("some/model", config, rows)
    assert (named.dtype, named.dropout, named.attention) == ("float32", True, None)
    assert named.lengths is not None and named.lengths.tolist() == [2, 1]
    config.attention_probs_dropout_prob = 0.0
    model = BertForSequenceClassification(config).to(torch.float16)
    given = Inputs.of(model, model.config, rows)
    assert (given.dtype, given.dropout) == ("float16", False) and given.attention is not None


def test_padding() -> None:
    assert padding_share(np.array([1, 1, 1, 5] * 100), 4) == pytest.approx(0.45, abs=0.1)
    assert padding_share(np.array([5, 6]), 8) == padding_share(np.array([5, 60]), 1) == 0.0


def test_facts_of_this_machine() -> None:
    assert DeviceInfo.current(use_cpu=True).device == "cpu"
    assert DeviceInfo.current(use_cpu=True).bf16 == speed._cpu_has_bf16()


@pytest.mark.parametrize("has", [True, False])
def test_facts_of_a_gpu(monkeypatch: pytest.MonkeyPatch, has: bool) -> None:
    asked = []

    def is_bf16_supported(including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        return has

    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_bf16_supported)
    assert DeviceInfo.current() == DeviceInfo("cuda", bf16=has)
    assert asked == [False], "what is only emulated is not fast"
    assert DeviceInfo.current(use_cpu=True).device == "cpu"
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: torch.device("mps"))
    assert DeviceInfo.current() == DeviceInfo("mps", bf16=False), "torch does not say"


@pytest.mark.parametrize(
    ("capabilities", "has"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"bf16": True}, True), ({"avx512_f": True}, False)],
)
def test_facts_of_cpus(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], has: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert speed._cpu_has_bf16() is has


def test_facts_of_cpus_with_an_older_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    older = SimpleNamespace(_is_avx512_bf16_supported=lambda: True)
    monkeypatch.setattr(torch, "cpu", older)
    assert speed._cpu_has_bf16()
    older._is_avx512_bf16_supported = lambda: False
    assert not speed._cpu_has_bf16()


def test_a_model_that_was_loaded_again_predicts_as_in_its_run() -> None:
    from transformers import BertConfig

    def again(**keys: Any) -> Choices:
        return choose_for_prediction(from_mapping({"model": "demo", **keys}, complete=False), CPU, BertConfig())

    assert again().arguments == chosen(CPU).arguments
    assert (again().attention, again().by_length) == ("eager", True)
    assert again(bf16=False).attention is None and "bf16" not in again(bf16=False).arguments
    assert Inputs.of("<BertForSequenceClassification>", BertConfig(), None).attention is not None
