"""Messages for wrong configurations, and the values of valid ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbtrain.config import Config, from_file, from_mapping, from_toml, schema
from nbtrain.errors import ConfigError

GOOD = 'model = "demo"\ndataset = "demo"\n'


def problems(text: str, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        from_toml(text, **options)
    return str(caught.value)


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    lines = ['learning_rate = "5e-5"', "epochs = 3", "bf16: yes", 'eval_strategy = "epochs"', "learning_rte = 1"]
    text = GOOD + "\n".join(lines)
    with pytest.raises(ConfigError) as caught:
        from_toml(text, first_line=2)
    assert [problem.line for problem in caught.value.problems] == [4, 5, 6, 7, 8]
    message = str(caught.value)
    assert message.startswith("5 problems:")
    assert 'line 4: `learning_rate`: expected a number greater than 0, got the string "5e-5".' in message
    assert "Write learning_rate = 5e-5, without quotes." in message
    assert "line 5: Unknown key `epochs`.\n    Did you mean `num_train_epochs`?" in message
    assert 'line 7: `eval_strategy`: expected one of "no", "steps", "epoch", got "epochs".' in message
    assert "Did you mean `epoch`?" in message
    assert "line 8: Unknown key `learning_rte`.\n    Did you mean `learning_rate`?" in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("num_train_epochs = 0", "`num_train_epochs` must be greater than 0, got 0."),
        ("num_train_epochs = true", "`num_train_epochs`: expected a number greater than 0, got true."),
        ("per_device_train_batch_size = 8.0", "Write per_device_train_batch_size = 8."),
        ("per_device_train_batch_size = 0", "must be at least 1, got 0."),
        ("learning_rate = nan", "must be greater than 0"),
        ("learning_rate = inf", "must be a finite number greater than 0, got inf."),
        ("learning_rate = 1e400", "must be a finite number greater than 0, got inf."),
        (f"max_grad_norm = 1{'0' * 400}", "must be a finite number"),
        ("max_grad_norm = inf", "must be a finite number"),
        ('learning_rate = "0,001"', "Write learning_rate = 0.001, without quotes."),
        ('max_steps = "1,000"', "Write max_steps = 1000, without quotes."),
        ('bf16 = "true"', "Write bf16 = true, without quotes."),
        ("model = 3", '`model`: expected a string or a variable ("$name")'),
        ('task = "text_clasification"', "Did you mean `text_classification`?"),
        ("overwrite_output_dir = true", "Remove it"),
        ("evaluation_strategy = 'epoch'", "Did you mean `eval_strategy`?"),
        ('lr_scheduler_type = "cosin"', "Did you mean `cosine`?"),
    ],
)
def test_a_wrong_value_is_explained(line: str, said: str) -> None:
    text = GOOD + line if not line.startswith("model") else 'dataset = "demo"\n' + line
    assert said in problems(text)


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("num_train_epochs = two", "for example num_train_epochs = 3."),
        ("learning_rate = fast", "for example learning_rate = 5e-5."),
        ("max_length = long", "for example max_length = 2."),
        ("bf16 = yes", "Write bf16 = true."),
        ("group: epoch", "Write `group = "),
        ("eval_strategy = epochs", 'Write eval_strategy = "epoch".'),
        ("label = sentiment", 'Write `label = "sentiment"`.'),
        ("num_train_epochs: 4", "Write `num_train_epochs = 4`"),
    ],
)
def test_the_fix_for_a_syntax_error_is_a_value_that_the_key_takes(line: str, fix: str) -> None:
    message = problems(GOOD + line)
    assert message.startswith("line 3: Invalid TOML")
    assert fix in message
    written = message.rpartition("Write ")[2] if "Write " in message else message.rpartition("for example ")[2]
    corrected = written.partition(": TOML")[0].rstrip(".").strip("`")
    if "group" not in line:
        from_toml(GOOD + corrected)


def test_a_misspelt_metric_is_reported_with_the_other_problems() -> None:
    with pytest.raises(ConfigError) as caught:
        from_toml(GOOD + 'metrics = ["acuracy", "f1", "smape"]\nlr = 1')
    assert [(problem.key, problem.line) for problem in caught.value.problems] == [("metrics", 3), ("lr", 4)]
    assert caught.value.problems[0].fix == 'Did you mean "accuracy"?'


def test_missing_keys_are_reported_with_an_example() -> None:
    message = problems("seed = 3")
    assert "`model` is missing." in message
    assert "`dataset` is missing." in message
    assert 'model = "demo"' in message


def test_contradictions_are_reported() -> None:
    assert "`dataset` and `train` are both given" in problems(GOOD + 'train = "x.csv"')
    assert "`metrics` and `compute_metrics` are both given" in problems(
        GOOD + 'metrics = "f1"\ncompute_metrics = "$f"', variables={"f": len}
    )


def test_variables_are_taken_by_name() -> None:
    frame = object()
    config = from_toml(
        'model = "demo"\ntrain = "$train_df"\nlearning_rate = "$rate"', variables={"train_df": frame, "rate": 1e-3}
    )
    assert config["train"] is frame
    assert config["learning_rate"] == 1e-3
    assert 'train = "$train_df"' in config.to_toml()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("$trian_df", "there is no variable `trian_df`.\n    Did you mean `train_df`?"),
        ("$train_df.head()", "the name of one variable"),
        ("$zzz", "Run the cell that defines it first."),
    ],
)
def test_an_unknown_variable_is_an_error(value: str, said: str) -> None:
    assert said in problems(f'model = "demo"\ntrain = "{value}"', variables={"train_df": 1})


def test_a_variable_outside_a_notebook_is_an_error() -> None:
    assert "only in a notebook" in problems('model = "demo"\ntrain = "$df"')


def test_a_variable_of_the_wrong_type_is_an_error() -> None:
    message = problems(GOOD + 'learning_rate = "$rate"', variables={"rate": [1]})
    assert "`learning_rate`: expected a number greater than 0, got the list [1]." in message


def test_defaults_are_those_of_the_trainer_but_for_a_few() -> None:
    config = from_toml(GOOD)
    assert config["learning_rate"] == 5e-5
    assert config["eval_strategy"] == "epoch"
    assert config.training_arguments()["disable_tqdm"] is True
    assert "learning_rate" not in config.training_arguments()
    assert "model" not in config.training_arguments()


def test_early_stopping_sets_the_keys_that_it_needs() -> None:
    arguments = from_toml(
        GOOD + 'early_stopping_patience = 2\nmetric_for_best_model = "mse"\neval_strategy = "steps"\neval_steps = 5'
    ).training_arguments()
    assert arguments["load_best_model_at_end"] is True
    assert (arguments["save_strategy"], arguments["save_steps"]) == ("steps", 5)
    assert arguments["greater_is_better"] is False


def test_none_is_none_where_a_field_allows_it() -> None:
    config = from_toml(GOOD + 'save_total_limit = "none"\nreport_to = "none"')
    assert config["save_total_limit"] is None
    assert (
        config.training_arguments()["report_to"] == "none"
    )  # TrainingArguments takes the string "none" and refuses None


def test_a_configuration_survives_a_round_trip_as_text() -> None:
    config = from_toml(
        GOOD + "learning_rate = 3e-4\nlr_scheduler_kwargs = {num_cycles = 2}\nsave_total_limit = 'none'\nseed = 5"
    )
    assert from_toml(config.to_toml()) == config
    assert config.replaced(seed=6)["seed"] == 6


def test_keyword_arguments_are_checked_the_same() -> None:
    with pytest.raises(ConfigError, match="Did you mean `num_train_epochs`"):
        from_mapping({"model": "demo", "dataset": "demo", "epochs": 3})
    assert from_mapping({"model": "demo", "dataset": "demo"}) == from_toml(GOOD)


def test_a_file_is_read_or_reported_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(GOOD)
    assert isinstance(from_file(path), Config)
    with pytest.raises(ConfigError, match=r"none\.toml` cannot be read"):
        from_file(tmp_path / "none.toml")


def test_every_key_has_help_and_a_readable_type() -> None:
    for field in schema().values():
        assert field.help, field.name
        assert field.allowed, field.name


def test_a_list_may_name_variables() -> None:
    config = from_toml(GOOD + 'callbacks = ["$first", "$second"]', variables={"first": 1.5, "second": len})
    assert config["callbacks"] == [1.5, len]
    assert 'callbacks = ["$first", "$second"]' in config.to_toml()
    assert "Did you mean `first`?" in problems(GOOD + 'callbacks = ["$frist"]', variables={"first": 1})
