from __future__ import annotations

import dataclasses

from nbtrain.events import Prepared, TaskSpec
from nbtrain.events.state import RunState
from nbtrain.views.comparison.settings import NOT_RECORDED, describe_differences, differing, format_value, settings


def configured(config: str, spec: TaskSpec | None = None) -> RunState:
    prepared = None if spec is None else Prepared(spec=spec, sizes={"train": 10})
    return RunState(run="a", config=config, prepared=prepared)


def test_settings_are_given_derived_or_defaults() -> None:
    known = settings(configured('model = "demo"\nearly_stopping_patience = 3\nmax_length = "none"\noutput_dir = "x"'))
    assert known["early_stopping_patience"] == 3
    assert known["load_best_model_at_end"] is True, "derived"
    assert known["num_train_epochs"] == 3.0, "the default"
    assert known["max_length"] is None
    assert "output_dir" not in known
    assert settings(RunState()) == {}


def test_keys_that_were_given_come_first_in_their_order() -> None:
    states = [configured("seed = 1\nlearning_rate = 1e-4"), configured("weight_decay = 0.1"), RunState()]
    found = differing(states)
    assert list(found) == ["seed", "learning_rate", "weight_decay"]
    assert found["seed"] == [1, 42, NOT_RECORDED]


def test_what_is_different_is_said_in_a_few_words() -> None:
    other = configured('learning_rate = 1e-4\nnum_train_epochs = 2\noptim = "sgd"')
    assert describe_differences(other, configured("")) == ""
    assert describe_differences(other, configured('optim = "sgd"')) == "lr 1e-4, num_train_epochs 2"
    assert describe_differences(other, other) == ""


def test_what_was_found_is_no_difference_of_its_own() -> None:
    spec = TaskSpec("text_classification", ("sentence",), ("label",), ("bad", "good"), {"max_length": 48})
    earlier = configured("learning_rate = 1e-4", spec)
    later = configured("learning_rate = 1e-5")
    assert describe_differences(earlier, later) == "lr 1e-4", "it has not looked at its data yet"
    assert describe_differences(earlier, configured("learning_rate = 1e-4")) == ""
    other = dataclasses.replace(spec, options={"max_length": 64})
    assert describe_differences(earlier, configured("learning_rate = 1e-4", other)) == "max_length 48", (
        "nothing else differs"
    )


def test_values_as_they_are_shown() -> None:
    values = [1e-5, 0.01, 1000, True, None, "demo", ("f1", "accuracy"), NOT_RECORDED]
    assert [format_value(value) for value in values] == [
        "1e-5",
        "0.01",
        "1,000",
        "True",
        "none",
        "demo",
        "f1, accuracy",
        "-",
    ]
