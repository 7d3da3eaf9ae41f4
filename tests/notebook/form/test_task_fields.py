"""The fields of a form for its task, their groups, names and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.config.schema import schema
from nbtrain.notebook.form import Form
from tests.notebook.form.conftest import box, keys_in, looked_at, said

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def test_the_fields_are_those_of_the_task(shell: InteractiveShell) -> None:
    form = Form('model = "demo"\ndataset = "demo"\n', shell=shell)
    fields = form.view.fields
    assert "label" in keys_in(form, "Data") and keys_in(form, "Task") == [], "the task is not known yet"
    fields.more.toggle.value = True
    for task, own, missing in (
        ("chat", ["max_new_tokens", "generated_examples", "lora_r"], {"packing", "prefix", "class_weights"}),
        ("text_classification", ["class_weights"], {"max_new_tokens", "packing", "doc_stride", "generation_num_beams"}),
        ("masked_lm", [], {"label", "class_weights", "max_answer_length"}),
        ("image_classification", ["class_weights"], {"max_length", "prefix"}),
        (
            "seq2seq",
            ["prefix", "max_target_length", "predict_with_generate", "generation_max_length", "lora_r"],
            {"class_weights", "packing"},
        ),
    ):
        box(form, "task").value = task
        assert keys_in(form, "Task") == own
        offered = {*fields.front, *fields.more.fields}
        assert not missing & offered
        assert {"learning_rate", "lora_r"} <= offered
    assert "generation_num_beams" in fields.more.fields, "its other keys are among the options"
    title, _ = fields.groups.boxes["Task"].children
    assert "Task: sequence to sequence learning" in title.value


def test_a_key_of_another_task_that_is_given_is_shown_with_its_problem(shell: InteractiveShell) -> None:
    form = Form('model = "demo"\ndataset = "demo"\ntask = "chat"\nmax_new_tokens = 9\n', shell=shell)
    box(form, "task").value = "text_classification"
    assert "max_new_tokens" in keys_in(form, "Task")
    assert said(form, "max_new_tokens")[0].startswith("`max_new_tokens` is not a key of task")
    box(form, "max_new_tokens").value = ""
    assert "max_new_tokens" not in form.values
    assert "max_new_tokens" not in form.view.fields.front
    assert form.problems() == []


def test_a_task_that_is_found_brings_its_fields(shell: InteractiveShell) -> None:
    form = looked_at(Form('model = "demo"\ndataset = "demo"\n', shell=shell))
    assert keys_in(form, "Task") == ["class_weights"]
    assert box(form, "task").label == "text_classification (auto)"


def test_no_deprecated_key_is_offered() -> None:
    form = Form()
    form.view.fields.more.toggle.value = True
    deprecated = {key for key, field in schema().items() if field.is_deprecated}
    assert "local_rank" in deprecated
    assert not deprecated & {*form.view.fields.front, *form.view.fields.more.fields}
    given = Form("local_rank = 0\n")
    assert box(given, "local_rank").value == "0", "one that is given can be changed"


def test_fields_are_in_groups_and_say_what_they_are() -> None:
    form = Form()
    assert keys_in(form, "Data")[:4] == ["dataset", "train", "validation", "validation_split"]
    assert {"metrics", "eval_strategy", "max_eval_samples"} <= {*keys_in(form, "Evaluation")}
    assert {"warmup_steps", "lr_scheduler_type"}.isdisjoint(form.view.fields.front)
    assert box(form, "per_device_train_batch_size").description == "Batch size"
    _, about = form.view.fields.field("learning_rate").widget.children
    assert "<code>learning_rate</code>" in about.value
    assert "initial learning rate" in about.value and "<code>5e-5</code>" in about.value
    _, about = form.view.fields.field("bf16").widget.children
    assert "<code>bf16</code>, <code>fp16</code>" in about.value


def test_placeholders_fit_into_their_boxes() -> None:
    form = Form('task = "seq2seq"\n')
    texts = [getattr(box(form, key), "placeholder", "") for key in form.view.fields.front if box(form, key)]
    assert max(map(len, texts)) <= 24
