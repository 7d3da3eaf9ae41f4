"""Python in a cell: the fix is TOML that works when it is pasted."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.config import Config, from_file, from_mapping, from_toml
from nbtrain.errors import ConfigError, Problem


class Frame:
    """Stands for a DataFrame."""

    columns = iloc = ()


DF = Frame()
VARIABLES: dict[str, Any] = {"df": DF, "train_df": DF, "sentiment": DF, "score": len, "Stop": type, "lr": 1e-3, "n": 5}
MODEL = 'model = "demo"\n'
BOTH = MODEL + 'dataset = "demo"\n'


def problem_of(text: str, variables: dict[str, Any] | None = VARIABLES) -> Problem:
    with pytest.raises(ConfigError) as caught:
        from_toml(text, variables=variables)
    [problem] = caught.value.problems
    return problem


def pasted(text: str, wrong: str) -> Config:
    """The configuration with the line that the fix says in place of `wrong`."""
    fix = problem_of(text + wrong).fix or ""
    line = fix.partition("Write ")[2].removesuffix(".").removesuffix(", for example").strip("`")
    return from_toml(text + line, variables=VARIABLES)


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("train = df", 'Write train = "$df".'),
        ("train = trian_df", 'Write train = "$train_df".'),
        ('train = "df"', 'Write train = "$df".'),
        ("train = corpus", 'Run the cell that defines `corpus`, and write train = "$corpus".'),
        ("train = df.head(9)", 'my_train = df.head(9), and write train = "$my_train"'),
        ('train = df[df["n"] > 3]', 'my_train = df[df["n"] > 3]'),
        ('train = load("imdb")["train"]', 'my_train = load("imdb")["train"]'),
        (r'train = "C:\data\new\x.csv"', r"Write train = 'C:\data\new\x.csv', in single quotes."),
        (r'train = "C:\Users\x.csv"', r"Write train = 'C:\Users\x.csv', in single quotes."),
        (r'train = r"C:\temp\x.csv"', r"Write train = 'C:\temp\x.csv', in single quotes."),
        (r'train = "C:\temp\new.csv"', r"Write train = 'C:\temp\new.csv', in single quotes."),
    ],
)
def test_data(line: str, fix: str) -> None:
    problem = problem_of(MODEL + line)
    assert (problem.key, problem.line) == ("train", 2)
    assert fix in (problem.fix or "")


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ('metrics = ("accuracy", "f1")', "metrics", ["accuracy", "f1"]),
        ('metrics = "accuracy", "f1"', "metrics", ["accuracy", "f1"]),
        ("metrics = ['accuracy', 'f1'],", "metrics", ["accuracy", "f1"]),
        ('metrics = ("f1",)', "metrics", ["f1"]),
        ('text = ("a", "b")', "text", ["a", "b"]),
        ("learning_rate = lr", "learning_rate", 1e-3),
        ("learning_rate = 5e-5,", "learning_rate", 5e-5),
        ("weight_decay = 0,5", "weight_decay", 0.5),
        ("bf16 = True", "bf16", True),
        ("save_total_limit = None", "save_total_limit", None),
        ("compute_metrics = score", "compute_metrics", len),
        ('compute_metrics = "score"', "compute_metrics", len),
        ("callbacks = [Stop]", "callbacks", [type]),
        ('lr_scheduler_kwargs = {"num_cycles": 2}', "lr_scheduler_kwargs", {"num_cycles": 2}),
        ("label = sentiment", "label", "sentiment"),
        ("label = 1", "label", "1"),
        ("text = [0, 2]", "text", ["0", "2"]),
        ("validation_split = 20", "validation_split", 0.2),
        ("class_weights = {'a': 1, 'b': 9.5}", "class_weights", {"a": 1, "b": 9.5}),
    ],
)
def test_a_fix_works_when_it_is_pasted(line: str, key: str, value: Any) -> None:
    assert pasted(BOTH, line)[key] == value


def test_a_fix_is_a_value_that_the_key_takes() -> None:
    assert problem_of(BOTH + "learning_rate = (1e-5, 2e-5)").fix == "`learning_rate` takes a number greater than 0."
    assert problem_of(BOTH + "text = (0, 1)").fix == 'Write text = ["0", "1"].'


CALL = """training_args = TrainingArguments(
    output_dir="x",
    learning_rate=2e-5,
    evaluation_strategy="epoch",
    warmup_ratio=0.1,
    group_by_length=True,
    save_safetensors=True,
    bf16=True,
    report_to=None,
    max_steps=len(df),
    seed=n,
    num_train_epochs=3
)
"""


@pytest.mark.parametrize("line", ["TrainingArguments(output_dir='x', num_train_epochs=3)", CALL])
def test_a_pasted_call_is_one_problem_with_a_line_for_each_key(line: str) -> None:
    problem = problem_of(BOTH + line + "\nlogging_steps = 5")
    assert problem.line == 3
    head, *lines = (problem.fix or "").splitlines()
    assert head == "Write:"
    config = from_toml(BOTH + "\n".join(lines), variables=VARIABLES)
    assert (config["output_dir"], config["num_train_epochs"]) == ("x", 3)
    if line == CALL:
        expected = {"learning_rate": 2e-5, "eval_strategy": "epoch", "warmup_steps": 0.1, "bf16": True, "seed": 5}
        expected["train_sampling_strategy"] = "group_by_length"
        assert expected.items() <= config.given.items()
        assert any(line.startswith("    # max_steps = len(df)") for line in lines)


@pytest.mark.parametrize(
    "lines",
    [
        'run = nbtrain.finetune(\n  model="x",\n  seed=3,\n)',
        '{"model": "x", "seed": 3}',
        'model="x", seed=3',
        "--model x --seed 3",
        "config = dict(model='x', seed=3)",
    ],
)
def test_other_ways_to_write_several_keys(lines: str) -> None:
    problem = problem_of('train = "x.csv"\n' + lines)
    assert problem.line == 2
    assert [line.strip() for line in (problem.fix or "").splitlines()] == ["Write:", 'model = "x"', "seed = 3"]


def test_every_problem_keeps_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        from_toml(f"{MODEL}train = df\n{CALL}bf16 = yes\nsede = 3\n", first_line=2, variables=VARIABLES)
    assert [problem.line for problem in caught.value.problems] == [3, 4, 17, 18]


@pytest.mark.parametrize("key", ["validation", "test"])
def test_a_split_may_have_the_name_of_a_variable(key: str) -> None:
    assert from_toml(f'{BOTH}{key} = "df"', variables=VARIABLES)[key] == "df"
    problem = problem_of(f'{MODEL}train = "x.csv"\n{key} = "df"')
    assert (problem.line, problem.fix) == (3, f'Write {key} = "$df".')


def test_a_name_on_the_hub_may_be_that_of_a_variable() -> None:
    assert from_toml('model = "gpt2"\ndataset = "imdb"', variables={"gpt2": object(), "imdb": {"train": DF}})
    assert problem_of('model = "model"\ndataset = "demo"', {"model": DF}).fix == 'Write model = "$model".'
    assert problem_of(MODEL + 'dataset = "df"').fix == 'Write dataset = "$df".'


def test_outside_a_notebook_there_are_no_variables(tmp_path: Any) -> None:
    path = tmp_path / "run.toml"
    path.write_text(MODEL + "train = df\n")
    with pytest.raises(ConfigError) as caught:
        from_file(path)
    assert [problem.fix for problem in caught.value.problems] == ['Write `train = "df"`.']


def test_objects_of_python_as_keyword_arguments(tmp_path: Any) -> None:
    import numpy as np
    from transformers.trainer_utils import IntervalStrategy

    config = from_mapping(
        {
            "model": tmp_path,
            "train": [{"text": "a", "label": 1}],
            "seed": np.int64(3),
            "learning_rate": np.float32(0.5),
            "eval_strategy": IntervalStrategy.STEPS,
            "class_weights": np.array([1.0, 9.0]),
            "output_dir": tmp_path,
        }
    )
    assert (config["model"], config["seed"], config["eval_strategy"]) == (str(tmp_path), 3, "steps")
    assert (config["learning_rate"], config["class_weights"]) == (0.5, [1.0, 9.0])
    assert 'train = "<list>"' in config.to_toml()
    with pytest.raises(ConfigError, match=r'Write train=r"C:\\temp\\new\.csv"'):
        from_mapping({"model": "demo", "train": "C:\temp\new.csv"})
