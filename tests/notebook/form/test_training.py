"""Training without an event loop: it blocks, like a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.displaypub import CapturingDisplayPublisher

import nbtrain
from nbtrain.notebook.displays import EMPTY
from nbtrain.notebook.form.outputs import COMPARISON
from tests.notebook.form.conftest import box

if TYPE_CHECKING:
    import pandas as pd
    import pytest
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.notebook.form import Form


def test_runs_are_kept_and_compared(
    tiny_form: Form, shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    training, footer = tiny_form.view.training, tiny_form.view.footer
    shown = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", shown)
    training.outputs.reserve(tiny_form.text)
    footer.train.click()
    first = tiny_form.run
    assert first is not None
    assert first.status == "finished"
    assert shell.user_ns["run"] is first
    assert training.busy == ""
    assert training.widget.children == ()
    footer.name.widget.value = "second"
    box(tiny_form, "learning_rate").value = "1e-3"
    footer.train.click()
    assert shell.user_ns["second"] is tiny_form.run is not first
    assert tiny_form.runs == [first, tiny_form.run]
    saved = [output["data"] for output in shown.outputs if "nbf-saved" in output["data"].get("text/html", "")]
    assert "learning_rate" not in saved[0]["text/plain"]
    assert saved[-1]["text/plain"] == tiny_form.text, "a saved notebook has the values of now"
    comparison = [output for output in shown.outputs if output["metadata"] == COMPARISON]
    assert comparison[0]["data"] == EMPTY
    html = comparison[-1]["data"]["text/html"]
    table = html.partition("<table")[2].replace("<wbr>", "")
    assert "learning_rate" in table
    assert table.index("second") < table.index("5e-5"), "the newest is the first"
    assert "validation loss" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_words(shell: InteractiveShell, tiny_text: str, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs})
    form = nbtrain.form(tiny_text.replace('"right"', '"rigth"'))
    assert form.problems() == [], "it takes the data to tell"
    form.view.footer.train.click()
    assert form.run is None
    [told] = form.view.training.widget.children
    assert "role='alert'" in told.value
    assert "no column <code>rigth</code>" in told.value
    assert "Traceback" not in told.value
    assert not form.view.footer.disabled_reason
    form.set({"text": ["left", "right"]})
    form.view.footer.train.click()
    assert form.view.training.widget.children == ()
    assert form.run is not None


def test_a_form_with_problems_does_not_train(shell: InteractiveShell) -> None:
    form = nbtrain.form(model="demo")
    footer = form.view.footer
    assert footer.disabled_reason
    assert not footer.train.disabled, "the focus of the keyboard stays where it is"
    assert footer.train.tooltip == footer.disabled_reason
    assert "dataset" in footer.problems.value
    footer.train.click()
    assert form.run is None
    assert "run" not in shell.user_ns


def test_a_name_that_is_none_is_marked_and_not_written(shell: InteractiveShell) -> None:
    form = nbtrain.form(model="demo", dataset="demo")
    footer = form.view.footer
    for name, why in (("3x", "digits and _"), ("class", "keyword")):
        footer.name.widget.value = name
        [problem] = footer.name.field.problems
        assert name in problem.message and why in str(problem.fix)
        assert footer.name.widget.value == name, "it stays, to be mended"
        assert form.out == "run"
        assert footer.disabled_reason
    footer.train.click()
    assert form.run is None
    footer.name.widget.value = "good"
    assert form.text.startswith("%%finetune --out good\n")
    assert footer.name.field.problems == [] and footer.disabled_reason == ""
