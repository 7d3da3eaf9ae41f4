"""The widgets of the form: the values they show, and the text after edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrain
from nbtrain.config.fields import COLUMN_KEYS, Field
from nbtrain.config.schema import schema
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import ConfigError
from nbtrain.notebook.form import Form
from nbtrain.notebook.form.field_order import is_offered
from nbtrain.notebook.form.view import FormView, LinkedCell
from tests.notebook.form.conftest import box, looked_at, said, shown_in

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

LABELS = st.text("abcxyz_-. ", min_size=1, max_size=8).map(str.strip).filter(bool)
VALUES = {
    "bool": st.booleans(),
    "int": st.integers(2, 10**6),
    "float": st.floats(1e-7, 1e6),
    "str": LABELS,
    "object": LABELS,
    "list": st.lists(LABELS, min_size=1, max_size=3),
    "dict": st.dictionaries(LABELS, st.integers(), min_size=1, max_size=2),
}


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Valid values of a key in a text."""
    if field.choices:
        return st.sampled_from(field.choices)
    kinds = [kind for kind in field.kinds if kind != "object" or field.kinds == ("object",)]
    return st.one_of([VALUES[kind] for kind in kinds])


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Bodies with some keys of the schema and comments."""
    keys = draw(st.lists(st.sampled_from(sorted(schema())), unique=True, max_size=8))
    lines = [
        f"{key} = {toml_value(draw(values_of(schema()[key])))}{draw(st.sampled_from(['', '  # why']))}" for key in keys
    ]
    return "".join(f"{line}\n" for line in ["# a cell", *lines])


def copied(source: Any, target: Any) -> None:
    """Set one widget to the visible value of the other, like a user."""
    if hasattr(source, "children"):
        for one, other in zip(source.children, target.children, strict=False):
            copied(one, other)
    elif hasattr(source, "options") and hasattr(source, "index") and source.label in target.options:
        target.index = list(target.options).index(source.label)
    elif hasattr(source, "value") and not hasattr(source, "index"):
        target.value = source.value


def is_default(key: str, value: Any) -> bool:
    """Whether the text can omit it. Only one of `bf16` and `fp16` can be chosen."""
    return bool(value == schema()[key].default) or key in ("bf16", "fp16")


@pytest.fixture(scope="module")
def two_forms() -> tuple[Form, Form]:
    """Two forms with all their fields."""
    forms = Form(), Form()
    for form in forms:
        form.view.fields.more.toggle.value = True
    assert {*forms[0].view.fields.more.fields} > {"warmup_steps", "gradient_accumulation_steps"}
    return forms


@given(body=bodies())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_text_comes_back_from_the_widgets(two_forms: tuple[Form, Form], body: str) -> None:
    """Showing a text does not change it; typing its values field by field gives the same values."""
    shown, typed = two_forms
    shown.view.read("%%finetune\n" + body)
    assert shown.text == "%%finetune\n" + body
    typed.view.read("%%finetune\n")
    fields = shown.view.fields, typed.view.fields
    copied(*(each.field("task").control.widget for each in fields))
    for key in schema():
        if key in COLUMN_KEYS or not is_offered(key, fields[1].task):
            continue
        copied(*(each.field(key).control.widget for each in fields))
        if key in shown.values and not is_default(key, shown.values[key]):
            assert typed.values[key] == shown.values[key], key


def test_what_somebody_changes_goes_into_the_text() -> None:
    form = Form('%%finetune --out run --quiet\nmodel = "demo"  # small\ndataset = "demo"\n')
    box(form, "learning_rate").value = "1e-4"
    form.view.fields.more.toggle.value = True
    box(form, "lr_scheduler_type").value = "cosine"
    box(form, "bf16").value = "bf16"
    box(form, "gradient_accumulation_steps").value = "4"
    box(form, "dataloader_drop_last").value = True
    assert form.text == (
        '%%finetune --out run --quiet\nmodel = "demo"  # small\ndataset = "demo"\n'
        'learning_rate = 1e-4\nlr_scheduler_type = "cosine"\nbf16 = true\ngradient_accumulation_steps = 4\n'
        "dataloader_drop_last = true\n"
    )
    box(form, "bf16").value = "fp16"
    box(form, "learning_rate").value = ""
    assert box(form, "learning_rate").value == "5e-5"
    assert form.values.keys() & {"bf16", "fp16", "learning_rate"} == {"fp16"}


def test_a_bad_value_is_marked_where_it_stands_with_the_words_of_the_parser() -> None:
    form = nbtrain.form(model="demo", dataset="demo")
    box(form, "learning_rate").value = "fast"
    box(form, "num_train_epochs").value = "0"
    assert said(form, "learning_rate") == ['`learning_rate`: expected a number greater than 0, got the string "fast".']
    assert said(form, "num_train_epochs") == ["`num_train_epochs` must be greater than 0, got 0."]
    marked = form.view.fields.field("learning_rate").widget
    assert "nbf-wrong" in marked._dom_classes
    assert "role='alert'" in marked.children[1].value
    assert form.view.footer.disabled_reason
    box(form, "learning_rate").value = "0.001"
    box(form, "num_train_epochs").value = "1"
    assert said(form, "learning_rate") == []
    assert len(marked.children) == 2
    assert not form.view.footer.disabled_reason


def test_the_slider_is_logarithmic_and_writes_round_numbers() -> None:
    form = nbtrain.form(model="demo", dataset="demo")
    control = form.view.fields.field("learning_rate").control
    text, slider = control.widget.children
    assert slider.value == pytest.approx(5e-5, rel=0.1)
    slider.value = 10**-3.7
    assert form.values["learning_rate"] == 2e-4
    assert text.value == "2e-4"
    text.value = "1"
    assert slider.value == pytest.approx(1e-2), "as far as it goes"
    assert form.values["learning_rate"] == 1


def test_keys_that_stand_in_a_text_stand_in_front(shell: InteractiveShell) -> None:
    form = Form('%%finetune\nmodel = "demo"\nadam_beta1 = 0.5\nlogging_steps = 10\n')
    assert box(form, "adam_beta1").value == "0.5"
    assert form.view.fields.field("adam_beta1").widget in shown_in(form, "Training")
    form.view.fields.more.toggle.value = True
    assert "adam_beta1" not in form.view.fields.more.fields
    form.view.read(form.text + "weight_decay = 0.1\n")
    assert box(form, "weight_decay").value == "0.1"


def test_options_are_found_by_name_and_by_help() -> None:
    more = Form().view.fields.more
    more.toggle.value = True
    assert len(more.shown) > 90
    more.search.value = "gradient accum"
    assert more.shown == ["gradient_accumulation_steps"]
    more.search.value = "nothing like it"
    assert more.shown == []
    more.search.value = "NaN"
    assert "logging_nan_inf_filter" in more.shown


def test_only_what_a_teacher_chose_is_there() -> None:
    form = nbtrain.form(
        only=["learning_rate", "num_train_epochs", "seed"], model="demo", dataset="demo",
        learning_rate=(1e-6, 1e-3), num_train_epochs=[1, 2, 3], seed=(0, 9),
    )  # fmt: skip
    fields = form.view.fields
    assert fields.front == ["learning_rate", "num_train_epochs", "seed"]
    assert fields.more.widget not in form.widget.children
    slider = fields.field("learning_rate").control.widget.children[1]
    assert (slider.min, slider.max) == (-6, -3)
    assert list(box(form, "num_train_epochs").options) == ["1", "2", "3"]
    assert form.values["seed"] == 9, "42 is outside"
    box(form, "learning_rate").value = "0.1"
    [message] = said(form, "learning_rate")
    assert "between 1e-6 and 0.001" in message and "0.1" in message


def test_a_broken_line_destroys_nothing() -> None:
    form = Form('%%finetune\nmodel = "demo"\nlearning_rate = 1e-4\nseed = 5\n')
    form.view.read('%%finetune\nmodel = "demo"\nlearning_rate = 1e-\nseed = 6\n')
    assert box(form, "learning_rate").value == "1e-4", "what was there before stays, while somebody types"
    assert box(form, "seed").value == "6"
    assert "Invalid TOML" in form.view.footer.problems.value
    box(form, "seed").value = "7"
    assert form.text == '%%finetune\nmodel = "demo"\nlearning_rate = 1e-\nseed = 7\n'
    form.view.read('%%finetune\nmodel = "demo"\nlearning_rate = 1e-3\nseed = 7\n')
    assert box(form, "learning_rate").value == "0.001"
    assert "Invalid TOML" not in form.view.footer.problems.value


def test_the_data_are_looked_at_and_their_columns_offered(tiny_form: Form) -> None:
    view = tiny_form.view
    view.update_preview()
    view.preview.run_pending()
    assert "54 train · 6 validation" in view.preview.rows.value
    first, second = view.fields.field("text").control.widget.children
    assert (first.value, second.value) == ("left", "right")
    assert set(first.options) >= {"id", "left", "right", "label"}
    assert "2 steps (0.286 epochs of 54 examples, batch size 8)" in view.preview.summary.value
    second.value = "none"
    assert tiny_form.values["text"] == "left"
    [label] = view.fields.field("label").control.widget.children
    assert label.value == "label (auto)"
    label.value = "id"
    assert tiny_form.values["label"] == "id"
    view.preview.run_pending()
    assert tiny_form.text.count("\n") == 8


def test_columns_can_be_chosen_though_it_is_not_clear_which(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs})
    form = Form('model = "demo"\ntrain = "$pairs"\n', shell=shell)
    form.view.update_preview()
    form.view.preview.run_pending()
    assert said(form, "text")[0].startswith("Several columns could be the text")
    assert "<th scope='col'>left</th>" in form.view.preview.rows.value
    first = form.view.fields.field("text").control.widget.children[0]
    first.value = "left"
    second = form.view.fields.field("text").control.widget.children[1]
    second.value = "right"
    assert form.values["text"] == ["left", "right"]
    form.view.preview.run_pending()
    assert said(form, "text") == []


def test_what_cannot_be_found_is_marked_at_its_field(shell: InteractiveShell) -> None:
    form = looked_at(Form('model = "no such folder/at all"\ntrain = "nowhere.csv"\n', shell=shell))
    assert "nowhere.csv" in said(form, "train")[0]
    assert "no such folder/at all" in said(form, "model")[0]
    assert form.view.preview.rows.value == form.view.preview.summary.value == ""
    assert form.view.footer.disabled_reason == "", "a look ahead is no verdict"
    box(form, "train").value = "elsewhere.csv"
    assert said(form, "train") == [], "nothing is known of it yet"
    form.view.preview.run_pending()
    assert "elsewhere.csv" in said(form, "train")[0]
    box(form, "model").value = "demo"
    form.view.preview.run_pending()
    assert said(form, "model") == []


def test_a_model_is_looked_for_before_there_are_data() -> None:
    form = looked_at(Form('model = "no such folder/at all"\n'))
    assert "no such folder/at all" in said(form, "model")[0]


def test_what_is_marked_already_is_not_said_again_when_it_does_not_train(shell: InteractiveShell) -> None:
    form = looked_at(Form('model = "no such folder/at all"\ndataset = "demo"\n', shell=shell))
    form.view.footer.train.click()
    [told] = form.view.training.widget.children
    assert "no such folder" in told.value
    looked_at(form)
    form.view.footer.train.click()
    form.view._on_preview_errors()
    assert "errors above" in told.value and "no such folder" not in told.value


def test_precision_says_who_decides(shell: InteractiveShell) -> None:
    form = Form('model = "demo"\ndataset = "demo"\nbf16 = false # careful\n', shell=shell)
    assert box(form, "bf16").label == "32 bit"
    box(form, "bf16").label = "bf16"
    assert "bf16 = true # careful" in form.body
    box(form, "bf16").label = "Automatic"
    assert "bf16" not in form.values
    form.set({"speed": "exact"})
    form.view.refresh()
    assert box(form, "bf16").label == "32 bit"


def test_choosing_one_of_two_found_columns_keeps_the_other(shell: InteractiveShell) -> None:
    form = Form('model = "demo"\ndataset = "demo"\n', shell=shell)
    looked_at(form)
    first = form.view.fields.field("text").control._boxes[0].widget
    first.label = "sentence1"
    assert form.values["text"] == ["sentence1", "sentence2"]


def test_a_variable_that_comes_later_is_noticed(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    form = Form('model = "demo"\ntrain = "$later"\n', shell=shell)
    assert "later" in said(form, "train")[0]
    shell.push({"later": pairs})
    assert said(form, "train"), "nothing tells the form"
    form.view.follow_notebook(None)
    shell.run_cell("1")
    assert said(form, "train") == []
    form.view.unfollow_notebook()
    del shell.user_ns["later"]
    shell.run_cell("1")
    assert said(form, "train") == [], "it is let be"


def test_the_form_of_a_cell_runs_the_cell(shell: InteractiveShell) -> None:
    ran: list[int] = []
    view = FormView(
        Form('model = "demo"\ndataset = "demo"\n', shell=shell), LinkedCell(lambda _: None, lambda: ran.append(1))
    )
    assert view.footer.train.description == "Run cell"
    view.footer.train.click()
    assert ran == [1] and view.training.busy == ""


def test_what_was_wrong_is_forgotten_with_the_next_change(shell: InteractiveShell) -> None:
    form = Form('model = "no such folder/at all"\ndataset = "demo"\n', shell=shell)
    form.view.footer.train.click()
    assert form.view.training.widget.children != ()
    box(form, "seed").value = "7"
    assert form.view.training.widget.children == ()


def test_one_key_may_stand_by_itself(shell: InteractiveShell) -> None:
    assert Form(only="seed", shell=shell).only == ["seed"]
    with pytest.raises(ConfigError, match="text of a cell"):
        nbtrain.form(3)  # type: ignore[arg-type]
