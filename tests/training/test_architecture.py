"""A model of another kind than the task needs is named by its configuration, before any weights are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CONFIG_MAPPING, PreTrainedConfig

from nbtrain import tasks
from nbtrain.config import from_mapping
from nbtrain.errors import ModelError
from nbtrain.training.architecture import check_architecture
from nbtrain.training.model import load_model_config

ENCODER, DECODER, BOTH, IMAGES = "an encoder", "a decoder", "an encoder with a decoder", "a model of images"
ARCHITECTURES = {
    "bert": ("BertForMaskedLM", ENCODER),
    "roberta": ("RobertaForMaskedLM", ENCODER),
    "electra": ("ElectraForPreTraining", ENCODER),
    "gpt2": ("GPT2LMHeadModel", DECODER),
    "llama": ("LlamaForCausalLM", DECODER),
    "t5": ("T5ForConditionalGeneration", BOTH),
    "bart": ("BartForConditionalGeneration", BOTH),
    "vit": ("ViTForImageClassification", IMAGES),
    "convnext": ("ConvNextForImageClassification", IMAGES),
    "wav2vec2": ("Wav2Vec2ForCTC", "a model of sounds"),
}
TEXTS = {"bert", "roberta", "electra", "gpt2", "llama", "t5", "bart"}
ENCODERS = {"bert", "roberta", "electra"}
WORK = {
    "seq2seq": {"t5", "bart"},
    "causal_lm": {"gpt2", "llama", "bart"},  # BART's decoder is one of its own
    "chat": {"gpt2", "llama", "bart"},
    "masked_lm": {*ENCODERS, "bart"},
    "image_classification": {"vit", "convnext"},
    "text_classification": TEXTS,
    "regression": TEXTS,
    "multi_label": TEXTS,
    "question_answering": TEXTS,
    "token_classification": TEXTS - {"bart"},
}


def saved(folder: Path, kind: str, **options: object) -> PreTrainedConfig:
    """The configuration of a model without weights, in a folder."""
    config = CONFIG_MAPPING[kind](architectures=[ARCHITECTURES[kind][0]], **options)
    config.save_pretrained(folder)
    return config


@pytest.mark.parametrize("task", tasks.names())
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_every_task_with_every_architecture(tmp_path: Path, task: str, kind: str) -> None:
    saved(tmp_path, kind)
    config = from_mapping({"model": str(tmp_path), "dataset": "demo", "task": task})
    if kind in WORK[task]:
        check_architecture(config, load_model_config(config), tasks.get(task))
        return
    with pytest.raises(ModelError) as raised:
        check_architecture(config, load_model_config(config), tasks.get(task))
    sentence, fix = str(raised.value).splitlines()
    name, is_a = ARCHITECTURES[kind]
    assert sentence.startswith(f'model = "{tmp_path}": task = "{task}" needs {tasks.get(task).needed_model}')
    assert sentence.endswith(f"and this is {name}, {is_a}.")
    one, other = tasks.get(task).example_models
    assert fix.strip() == f'Write model = "{one}", or model = "{other}".'


def test_an_encoder_that_was_made_a_decoder(tmp_path: Path) -> None:
    saved(tmp_path, "bert", is_decoder=True)
    config = from_mapping({"model": str(tmp_path), "dataset": "demo", "task": "causal_lm"})
    check_architecture(config, load_model_config(config), tasks.get("causal_lm"))


def test_a_model_with_code_of_its_own(tmp_path: Path) -> None:
    model_config = saved(tmp_path, "vit")
    model_config.auto_map = {"AutoModelForSeq2SeqLM": "modeling_own.Own"}
    config = from_mapping({"model": str(tmp_path), "dataset": "demo", "task": "seq2seq"})
    check_architecture(config, model_config, tasks.get("seq2seq"))


def test_it_is_said_before_anything_is_trained(tmp_path: Path) -> None:
    import nbtrain

    saved(tmp_path, "bert")
    with pytest.raises(ModelError, match="needs an encoder with a decoder, and this is BertForMaskedLM, an encoder"):
        nbtrain.finetune(model=str(tmp_path), dataset="demo", task="seq2seq", views=[])
