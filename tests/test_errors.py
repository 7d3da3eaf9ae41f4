"""The message for each mistake: line, value, what is allowed, one fix; and nothing is trained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from nbtrain import ConfigError, DataError, ModelError, NbTrainError
from nbtrain.config import from_toml
from nbtrain.training.finetune import Finetuning

if TYPE_CHECKING:
    import pandas as pd


def attempt(folder: Path, text: str, **variables: Any) -> NbTrainError:
    """Run the body of a cell up to the first step; returns the error."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(NbTrainError) as caught:
        Finetuning(from_toml(f'output_dir = "{folder / "out"}"\n{text}', first_line=2, variables=variables)).prepare()
    assert sorted(folder.rglob("*")) == before, "a failed start leaves no files"
    rendered = caught.value._render_traceback_()
    assert rendered == str(caught.value).splitlines()
    assert len(rendered) < 25
    return caught.value


@pytest.fixture
def base(tiny_model: Path) -> str:
    return f'model = "{tiny_model}"\nuse_cpu = true\n'


def with_rows(base: str) -> str:
    return base + 'train = "$rows"\ntext = ["left", "right"]\n'


def test_unknown_key(tmp_path: Path, base: str) -> None:
    error = attempt(tmp_path, base + 'dataset = "demo"\nnum_epochs = 3')
    assert str(error) == "line 6: Unknown key `num_epochs`.\n    Did you mean `num_train_epochs`?"


def test_wrong_type(tmp_path: Path, base: str) -> None:
    error = attempt(tmp_path, base + 'dataset = "demo"\nseed = "seven"')
    assert (
        str(error)
        == 'line 6: `seed`: expected an integer of at least 0 and less than 4294967296, got the string "seven".'
    )


def test_syntax(tmp_path: Path, base: str) -> None:
    error = attempt(tmp_path, base + "dataset = demo")
    assert re.match(r"line 5: Invalid TOML: .* \(column \d+\)\.\n    Write `dataset = \"demo\"`\.$", str(error))


def test_unknown_model_without_a_network(tmp_path: Path) -> None:
    error = attempt(tmp_path, 'model = "bert-base-casd"\ndataset = "demo"')
    assert isinstance(error, ModelError)
    assert 'model = "bert-base-casd"' in str(error) and "Hub cannot be reached" in str(error)
    assert 'model = "demo"' in str(error)


def test_a_folder_that_is_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    error = attempt(tmp_path, f'model = "{tmp_path / "empty"}"\ndataset = "demo"')
    assert "cannot load a model from this folder" in str(error)


def test_unknown_data_set_without_a_network(tmp_path: Path, base: str) -> None:
    error = attempt(tmp_path, base + 'dataset = "glue/mrpc"')
    assert isinstance(error, DataError)
    assert str(error).startswith('dataset = "glue/mrpc": ')
    assert "Without a network" in str(error)
    assert 'dataset = "demo"' in str(error)


def test_a_missing_file(tmp_path: Path, base: str) -> None:
    (tmp_path / "train.csv").write_text("text,label\na,0\n")
    error = attempt(tmp_path, base + f'train = "{tmp_path / "trian.csv"}"')
    assert "train.csv" in str(error)


def test_missing_column(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, base + 'train = "$rows"\ntext = ["left", "rigth"]', rows=pairs)
    assert "`rigth`" in str(error)
    assert "`right`" in str(error)


def test_labels_out_of_range(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    from datasets import ClassLabel, Dataset, DatasetInfo, Features

    codes = [5] + [index % 2 for index in range(1, 60)]
    rows = Dataset.from_pandas(pairs.assign(label=codes))
    features = Features({**rows.features, "label": ClassLabel(names=["no", "yes"])})
    broken = Dataset(rows.data.table.replace_schema_metadata(None), info=DatasetInfo(features=features))
    error = attempt(tmp_path, with_rows(base), rows=broken)
    assert "1 of 60 rows has a label out of range: `label` = 5" in str(error)
    assert "2 classes" in str(error)


def test_floats_for_a_classification(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    rows = pairs.assign(label=[0.5, 1.5] * 30)
    error = attempt(tmp_path, with_rows(base) + 'task = "text_classification"', rows=rows)
    assert "regression" in str(error)


def test_one_single_class(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, with_rows(base), rows=pairs.assign(label="same"))
    assert str(error).startswith("train: all 60 rows have the same label, `label` = same")
    assert "another class" in str(error)


def test_empty_split(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, with_rows(base), rows=pairs.head(0))
    assert "train" in str(error)
    assert "empty" in str(error) or "no rows" in str(error) or "no examples" in str(error)


def test_nulls_are_counted(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    rows = pairs.assign(left=[None] * 7 + list(pairs["left"][7:]))
    error = attempt(tmp_path, with_rows(base), rows=rows)
    assert "7" in str(error)
    assert "`left`" in str(error)


def test_unknown_variable(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, base + 'train = "$row"', rows=pairs)
    assert str(error) == 'line 5: `train = "$row"`: there is no variable `row`.\n    Did you mean `rows`?'


@pytest.mark.parametrize(("metric", "said"), [("mse", "regression"), ("acuracy", "accuracy")])
def test_a_metric_that_does_not_fit(tmp_path: Path, base: str, pairs: pd.DataFrame, metric: str, said: str) -> None:
    error = attempt(tmp_path, with_rows(base) + f'metrics = ["{metric}"]', rows=pairs)
    assert metric in str(error)
    assert said in str(error)


def test_an_output_directory_that_cannot_be_written(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as caught:
        nbtrain.finetune(model=str(tiny_model), dataset="demo", output_dir=str(tmp_path / "file" / "out"), views=[])
    (problem,) = caught.value.problems
    assert problem.key == "output_dir"
    assert str(tmp_path / "file" / "out") in problem.message and "Not a directory" in problem.message
    assert problem.fix is not None and 'output_dir = "...' in problem.fix


def test_no_epochs(tmp_path: Path, base: str) -> None:
    error = attempt(tmp_path, base + 'dataset = "demo"\nnum_train_epochs = 0')
    assert str(error) == "line 6: `num_train_epochs` must be greater than 0, got 0."


def test_errors_of_training_arguments(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    text = with_rows(base) + 'load_best_model_at_end = true\neval_strategy = "epoch"\nsave_strategy = "steps"'
    error = attempt(tmp_path, text, rows=pairs)
    assert "`TrainingArguments`" in str(error) and "load_best_model_at_end requires" in str(error)
    assert "--" not in str(error)


def test_a_missing_checkpoint(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, with_rows(base) + 'resume_from_checkpoint = "nowhere"', rows=pairs)
    assert '`resume_from_checkpoint = "nowhere"`' in str(error)
    assert "checkpoint-..." in str(error)


def test_longer_than_the_model_can_read(tmp_path: Path, base: str, pairs: pd.DataFrame) -> None:
    error = attempt(tmp_path, with_rows(base) + "max_length = 64", rows=pairs)
    assert "`max_length` is 64" in str(error) and "32 tokens" in str(error)
    assert "max_length = 32" in str(error)


@pytest.mark.parametrize(
    ("line", "value", "said"),
    [
        ('model = "$thing"', 3, "got the integer 3"),
        (
            'tokenizer = "$thing"',
            object(),
            "`tokenizer` must be a transformers tokenizer, not an object of type object",
        ),
        ('trainer_class = "$thing"', int, "subclass of `transformers.Trainer`"),
        ('compute_metrics = "$thing"', object(), "`compute_metrics` must be a function"),
        ('train = "$thing"', object(), "object"),
    ],
)
def test_objects_of_the_wrong_type(
    tmp_path: Path, base: str, pairs: pd.DataFrame, line: str, value: Any, said: str
) -> None:
    key = line.split(" ")[0]
    kept = [row for row in with_rows(base).splitlines() if not row.startswith(f"{key} ")]
    error = attempt(tmp_path, "\n".join([*kept, line]), rows=pairs, thing=value)
    assert said in str(error)
