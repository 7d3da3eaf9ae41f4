"""Completion in the body of a cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter

from nbtrain.notebook.cell import completion
from nbtrain.notebook.cell.completion import complete_line
from nbtrain.notebook.cell.options import NAMES

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.mark.parametrize(
    ("before", "offered", "not_offered"),
    [
        ("learn", "learning_rate = ", "seed = "),
        ("", "model = ", None),
        ("  num_tr", "num_train_epochs = ", "model = "),
        ("eval_strategy = ", '"epoch"', '"best"'),
        ('eval_strategy = "ep', '"epoch"', '"steps"'),
        ("bf16 = t", "true", "false"),
        ('metrics = ["accuracy", "f', '"f1"', '"accuracy"'),
        ('train = "$tr', '"$train_df"', '"$other"'),
        ("model = ", '"demo"', None),
        ("task = ", '"regression"', None),
        ("save_total_limit = ", '"none"', None),
    ],
)
def test_what_fits_is_offered(before: str, offered: str, not_offered: str | None) -> None:
    fragment, words, kind = complete_line(before, [before], {"train_df": 1, "other": 2, "_hidden": 3})
    assert offered in words
    assert not_offered not in words
    assert kind == "param" or all(word.startswith(fragment) for word in words)
    assert '"$_hidden"' not in words


def test_a_key_that_stands_already_is_not_offered() -> None:
    assert "seed = " not in complete_line("se", ["seed = 3", "se"], {})[1]


def first_keys(typed: str, count: int) -> list[str]:
    return [word.removesuffix(" = ") for word in complete_line(typed, [], {})[1][:count]]


def test_the_keys_that_people_need_are_the_first() -> None:
    assert first_keys("", 3) == ["model", "dataset", "train"]
    assert first_keys("tra", 3) == ["train", "track_train_examples", "trainer_class"]
    assert first_keys("eval", 1) == ["eval_strategy"]
    assert first_keys("lr", 1) == ["learning_rate"]
    assert first_keys("epochs", 1) == ["num_train_epochs"]
    assert first_keys("bat", 1) == first_keys("batch", 1) == ["per_device_train_batch_size"]


def test_columns_of_a_variable_and_of_a_file_are_offered(tmp_path: Path) -> None:
    frame = pd.DataFrame({"review": ["a"], 'so "so"': [1]})
    assert complete_line('text = "re', ['train = "$df"'], {"df": frame})[1] == ['"review"']
    assert '"so \\"so\\""' in complete_line("label = ", ['train = "$df"'], {"df": frame})[1]
    (tmp_path / "a.csv").write_text('\ufefftext;"stars, given"\nx;1\n')
    body = [f'train = "{tmp_path}/a.csv"']
    assert complete_line('label = "', body, {})[1] == ['"text"', '"stars, given"']
    assert complete_line('text = ["text", "st', body, {})[:2] == ('"st', ['"stars, given"'])
    assert complete_line('label = "', ['train = "gone.csv"'], {})[1] == []


def test_paths_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my data").mkdir()
    for name in ("my data/train.csv", "my data/notes.txt", "my data/.hidden.csv", "model.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert complete_line('train = "my', [], {})[:2] == ('"my', ['"my data/"'])
    assert complete_line('train = "my data/', [], {})[1] == ['"my data/train.csv"']
    assert complete_line(f'train = "{tmp_path}/my d', [], {})[1] == [f'"{tmp_path}/my data/"']
    assert complete_line('model = "m', [], {})[1] == ['"my data/"'], "files are no models"
    assert complete_line('train = "$', [], {"df": 1})[1] == ['"$df"']


def test_a_metric_decides_which_model_is_the_best() -> None:
    offered = complete_line("metric_for_best_model = ", [], {})[1]
    assert '"loss"' in offered and '"accuracy"' in offered


def test_nothing_fits_an_unknown_key() -> None:
    assert complete_line("colour = r", [], {})[1] == []


def names(shell: InteractiveShell, text: str) -> list[str]:
    """What Tab at the end of `text` offers."""
    with provisionalcompleter():
        return [completion.text for completion in shell.Completer.completions(text, len(text))]


def test_the_shell_asks_it_in_a_finetune_cell_only(shell: InteractiveShell) -> None:
    assert names(shell, "%%finetune --out run\nlearning_r") == ["learning_rate = "]
    assert names(shell, "%%finetune --out run\nlr")[0] == "learning_rate = "
    assert names(shell, "%%finetune --out run\n")[:2] == ["model = ", "dataset = "], "on an empty line, too"
    assert "--dry-run" in names(shell, "%%finetune --d")
    assert "--form" in names(shell, "%%finetune --f")
    assert set(names(shell, "%%finetune --")) == set(NAMES)
    assert {"--list", "--show", "--write", "--template", "--help"} <= set(NAMES)
    assert "learning_rate = " not in names(shell, "learning_r")
    assert "learning_rate = " not in names(shell, "%%time\nlearning_r")
    assert "learning_rate = " not in names(shell, "%%finetune-x\nlearning_r")
    assert names(shell, "\n%%finetune --out run\nlearning_r") == ["learning_rate = "]


def test_where_ipython_has_no_matchers_the_kernel_is_asked(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kernel:
        def do_complete(self, code: str, cursor_pos: int | None = None) -> dict[str, Any]:
            return {"matches": ["the kernel's"]}

    kernel = Kernel()
    shell.kernel = kernel
    monkeypatch.setattr(completion, "context_matcher", None)
    completion.unregister(shell)
    completion.register(shell)
    code = "%%finetune --out run\nlearning_r\nseed = 3"
    reply = kernel.do_complete(code, code.index("\nseed"))
    assert reply["matches"] == ["learning_rate = "]
    assert (reply["cursor_start"], reply["cursor_end"]) == (21, 31)
    assert reply["metadata"]["_jupyter_types_experimental"] == [
        {"start": 21, "end": 31, "text": "learning_rate = ", "type": "param"}
    ]
    assert kernel.do_complete("%%finetune\nlearning_r")["matches"] == ["learning_rate = "], "at the end of the cell"
    assert "seed = " not in kernel.do_complete("%%finetune\nseed = 3\n")["matches"]
    assert kernel.do_complete("learning_r", 10) == {"matches": ["the kernel's"]}
    completion.unregister(shell)
    assert kernel.do_complete("%%finetune\nlearning_r", 21) == {"matches": ["the kernel's"]}
