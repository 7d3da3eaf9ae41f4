"""What `Run.export` writes, where, and what it refuses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from nbtrain.config import from_toml
from nbtrain.errors import RunError
from nbtrain.events import Split, journal
from nbtrain.training.finetune import Finetuning

if TYPE_CHECKING:
    import pandas as pd

    from nbtrain import Run


def refused(run: Run, target: str | Path) -> str:
    with pytest.raises(RunError) as error:
        run.export(target)
    return str(error.value)


@pytest.fixture
def run(train: Callable[..., Run], pairs: pd.DataFrame) -> Run:
    return train(train=pairs, text=["left", "right"], max_steps=1)


def test_a_cell_comes_back_as_it_was_typed(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    body = (
        f'# my first run\nmodel = "{tiny_model}"\nmax_steps = 1      # only a look\ntrain = "$pairs"\n'
        f'text = ["left", "right"]\nuse_cpu = true\noutput_dir = "{tmp_path / "run"}"\n'
    )
    finetuning = Finetuning(from_toml(body, variables={"pairs": pairs}))
    finetuning.prepare()
    run = nbtrain.Run(finetuning.train())
    assert run.export("cell") == f"%%finetune --out run\n{body}"
    later = nbtrain.Run.load(run.directory).export("cell")
    assert isinstance(later, str)
    assert from_toml(later.split("\n", 1)[1], variables={"pairs": pairs}).given == run.config.given


def test_keyword_arguments_become_a_cell(run: Run, pairs: pd.DataFrame) -> None:
    cell = run.export("cell")
    assert isinstance(cell, str)
    magic, comment, body = cell.split("\n", 2)
    assert magic == "%%finetune --out run"
    assert comment.startswith("# `train` was an object of type DataFrame")
    config = from_toml(body, variables={"train": pairs})
    assert {key: value for key, value in config.given.items() if key != "train"} == {
        key: value for key, value in run.config.given.items() if key != "train"
    }


def test_only_what_differs_from_the_defaults_is_written(run: Run, tmp_path: Path) -> None:
    tree = ast.parse(Path(run.export(tmp_path / "train.py")).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    arguments = next(call for call in calls if getattr(call.func, "id", "") == "TrainingArguments")
    names = {keyword.arg for keyword in arguments.keywords}
    assert {"output_dir", "eval_strategy", "max_steps", "use_cpu", "learning_rate"} <= names
    assert not {"num_train_epochs", "disable_tqdm", "seed", "weight_decay"} & names
    assert "nbtrain" not in {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    path = run.export(tmp_path / "train.py")
    assert run.export(tmp_path / "train.py") == path
    Path(path).write_text("mine = 1\n")
    assert "already exists" in refused(run, path)
    (tmp_path / "new_data").mkdir()
    (tmp_path / "new_data" / "train.parquet").write_text("mine")
    assert "already exists with other data" in refused(run, tmp_path / "new.py")
    assert not (tmp_path / "new.py").exists()


def test_a_name_that_is_none(run: Run) -> None:
    assert 'such as "train.py", not `train.ipynb`' in refused(run, "train.ipynb")


def test_a_run_of_another_process(run: Run, train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    assert '`train = "<DataFrame>"`' in refused(nbtrain.Run.load(run.directory), tmp_path / "train.py")
    file = tmp_path / "pairs.csv"
    pairs.to_csv(file, index=False)
    keys = dict(train=str(file), text=["left", "right"], max_steps=1)
    now = train(**keys)
    then = nbtrain.Run.load(now.directory)
    assert (
        Path(now.export(tmp_path / "a" / "train.py")).read_text()
        == Path(then.export(tmp_path / "b" / "train.py")).read_text()
    )
    pairs[:50].to_csv(file, index=False)
    assert "The train data has changed since the run read it (54 examples)" in refused(then, tmp_path / "c.py")


def test_a_model_that_was_trained_in_place(
    train: Callable[..., Run], pairs: pd.DataFrame, tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import BertForSequenceClassification

    model = BertForSequenceClassification.from_pretrained(tiny_model)
    run = train(model=model, train=pairs, text=["left", "right"], max_steps=1)
    assert "save_pretrained" in refused(run, tmp_path / "train.py")


def test_a_tokenizer_is_saved_beside_the_script(
    train: Callable[..., Run], pairs: pd.DataFrame, tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    run = train(tokenizer=tokenizer, train=pairs, text=["left", "right"], max_steps=1)
    script = Path(run.export(tmp_path / "train.py"))
    assert 'TOKENIZER = HERE / "train_tokenizer"' in script.read_text()
    saved = AutoTokenizer.from_pretrained(tmp_path / "train_tokenizer")
    assert saved("the cat sees").input_ids == tokenizer("the cat sees").input_ids


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("ids", [0, 1] * 30, 'batch["label"]'),
        ("stars", [1, 5] * 30, '[LABELS.index(str(name)) for name in batch["label"]]'),
        ("NA is a class", ["NA", "no"] * 30, '[LABELS.index(name) for name in batch["label"]]'),
        ("truth", [True, False] * 30, '[LABELS.index(str(name)) for name in batch["label"]]'),
    ],
)
def test_labels(
    train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path, name: str, labels: list[Any], expected: str
) -> None:
    """Labels are encoded by the simplest expression; a file that would be read differently is saved again."""
    frame = pairs.assign(label=labels)
    frame[:40].to_csv(tmp_path / "train.csv", index=False, sep=";")
    frame[40:].to_csv(tmp_path / "dev.csv", index=False)
    run = train(
        train=str(tmp_path / "train.csv"), validation=str(tmp_path / "dev.csv"), text=["left", "right"], max_steps=1
    )
    text = Path(run.export(tmp_path / "train.py")).read_text()
    assert f'encoded["labels"] = {expected}' in text
    if name == "NA is a class":
        assert (tmp_path / "train_data" / "train.parquet").exists()
    else:
        assert 'load_dataset("csv", data_files=TRAIN_FILE, split="train", sep=";")' in text


def test_a_file_with_another_dialect(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    """The script reads it with the same dialect, or has a copy where `load_dataset` would read another table."""
    for name, rows in (("train", pairs[:40]), ("dev", pairs[40:])):
        lines = [f'"{row.left}\t{row.right}\t{row.label}' for row in rows.itertuples()]
        (tmp_path / f"{name}.tsv").write_text("\n".join(["left\tright\tlabel", *lines]), encoding="utf-16")
    train_file, dev_file = str(tmp_path / "train.tsv"), str(tmp_path / "dev.tsv")
    run = train(train=train_file, validation=dev_file, text=["left", "right"], max_steps=1)
    text = Path(run.export(tmp_path / "train.py")).read_text()
    options = r'sep="\t", encoding="utf-16", quoting=3'
    assert f'load_dataset("csv", data_files=TRAIN_FILE, split="train", {options})' in text


def test_leading_zeros(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    frame = pairs.assign(label=["007", "070"] * 30)
    frame[:40].to_csv(tmp_path / "train.csv", index=False)
    frame[40:].to_csv(tmp_path / "dev.csv", index=False)
    run = train(
        train=str(tmp_path / "train.csv"), validation=str(tmp_path / "dev.csv"), text=["left", "right"], max_steps=1
    )
    text = Path(run.export(tmp_path / "train.py")).read_text()
    assert "LABELS.index(name)" in text and '"007"' in text
    assert (tmp_path / "train_data" / "train.parquet").exists()


def test_a_folder_of_files(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    """Files stay where they are; a split of which only a part was used is saved."""
    folder = tmp_path / "data"
    folder.mkdir()
    pairs[:40].to_json(folder / "train.jsonl", orient="records", lines=True)
    pairs[40:].to_parquet(folder / "validation.parquet")
    run = train(dataset=str(folder), text=["left", "right"], max_steps=1, max_train_samples=20)
    text = Path(run.export(tmp_path / "train.py")).read_text()
    assert '"train": load_dataset("parquet", data_files=TRAIN_FILE, split="train"),' in text
    assert f'VALIDATION_FILE = "{folder / "validation.parquet"}"' in text
    assert [file.name for file in (tmp_path / "train_data").iterdir()] == ["train.parquet"]
    again = train(dataset=str(folder), text=["left", "right"], max_steps=1)
    assert 'load_dataset("json", data_files=TRAIN_FILE' in Path(again.export(tmp_path / "all.py")).read_text()


def test_what_may_make_other_weights_is_said(run: Run, tmp_path: Path) -> None:
    assert "bit for bit" in Path(run.export(tmp_path / "a.py")).read_text()
    with journal.Journal(run.directory, run.id) as record:
        record.append(Split(step=1, parts=2))
    text = Path(run.export(tmp_path / "b.py")).read_text()
    assert "bit for bit" not in text and "after step 1, and batches were split into 2" in text


def test_a_watched_run_is_refused(run: Run, tmp_path: Path) -> None:
    run.config.given.clear()
    assert "nbtrain.watch" in refused(run, tmp_path / "train.py")
