"""What many tests need: a tiny model that trains in a second, a tiny data set, and the way to real data."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pandas as pd

os.environ.setdefault(
    "HF_HUB_OFFLINE", "1"
)  # no test may depend on a hub; those that test it start a process of their own
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

WORDS = ["the", "a", "cat", "dog", "bird", "sees", "likes", "one", "two", "three", "red", "blue", "not", "and"]


LONGEST = ("test_quickstart.py", "test_speed_end_to_end.py")
"""Files that take minutes: they are the first, so that no worker waits for another one at the end."""
FOLDERS = {"browser": "browser", "kernel": "kernel", "labextension": "slow"}
"""The mark of every test in a folder."""
TRAINING_FIXTURES = {"tiny_model", "tiny_decoder", "make_trainer"}
"""Who asks for one of these trains, or at least computes with a model, in this process."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests the marks that follow from their folder and their fixtures, before `-m` selects by marks."""
    tests = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(tests).parts[0]
        if folder in FOLDERS:
            item.add_marker(FOLDERS[folder])
        if TRAINING_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("trainer")
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT with two layers and random weights, and its tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, set_seed

    torch.set_num_threads(1)  # for so little work two would only wait for each other
    folder = tmp_path_factory.mktemp("tiny-model")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    set_seed(0)
    shape = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=32, **shape)
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(
        vocab={word: index for index, word in enumerate(vocabulary)}, model_max_length=32
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Llama with two layers and random weights; its tokenizer knows `WORDS` and has a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny-decoder")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [f"{space}{word}" for word in WORDS for space in ("", "Ġ")]
    entries = list(dict.fromkeys(["<unk>", "<end>", "<user>", "<model>", *letters, *words]))
    whole = Tokenizer(models.WordLevel({entry: at for at, entry in enumerate(entries)}, unk_token="<unk>"))
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=whole, unk_token="<unk>", eos_token="<end>", additional_special_tokens=["<user>", "<model>"]
    )
    tokenizer.model_max_length = 64
    tokenizer.chat_template = (
        "{% for message in messages %}{{ '<user>' if message['role'] != 'assistant' else '<model>' }}"
        "{{ message['content'] }}<end>{% endfor %}{% if add_generation_prompt %}<model>{% endif %}"
    )
    set_seed(0)
    shape = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    config = LlamaConfig(
        vocab_size=len(entries), max_position_embeddings=64, eos_token_id=1, bos_token_id=None, **shape
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def pairs() -> pd.DataFrame:
    """60 sentence pairs of a made-up language; the label says whether they are the same."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    first = [" ".join(random.choice(WORDS, size)) for size in random.integers(2, 10, 60)]
    same = random.integers(0, 2, 60)
    second = [text if is_same else " ".join(random.choice(WORDS, 5)) for text, is_same in zip(first, same, strict=True)]
    labels = [["different", "same"][is_same] for is_same in same]
    return pd.DataFrame({"id": range(100, 160), "left": first, "right": second, "label": labels})


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real data sets: $NBTRAIN_DATA, or `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("NBTRAIN_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "mrpc" / "train.csv").exists():
        pytest.skip(f"the real data sets are not at {folder}; set NBTRAIN_DATA to their folder")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
