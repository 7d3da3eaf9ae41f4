"""The magics in IPython."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nbtrain import Run, tasks
from nbtrain.config import from_toml, schema
from nbtrain.config.describe import MAIN_KEYS, groups, help_html
from nbtrain.notebook.cell.options import NAMES

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell


def body(tiny_model: Path, *lines: str) -> str:
    keys = [f'model = "{tiny_model}"', 'train = "$pairs"', 'text = ["left", "right"]', "use_cpu = true", *lines]
    return "\n".join(keys) + "\n"


def rendered(result: Any) -> str:
    """The error as the user sees it."""
    return "\n".join(result.error_in_exec._render_traceback_())


def test_a_cell_trains_and_leaves_a_run(
    shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.push({"pairs": pairs})
    result = shell.run_cell("%%finetune --out run\n" + body(tiny_model, "num_train_epochs = 2"))
    assert result.success
    assert result.result is None
    run = shell.user_ns["run"]
    assert isinstance(run, Run)
    assert run.status == "finished"
    assert run.directory.parent == Path.cwd() / "nbtrain_runs"
    printed = capsys.readouterr().out
    assert "validation loss" in printed
    assert printed.count("\n") > 4
    assert 'train = "$pairs"' in (run.directory / "config.toml").read_text()


def test_a_background_that_there_is_not_is_said_so(
    shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.push({"pairs": pairs})
    assert shell.run_cell("%%finetune --out run --background\n" + body(tiny_model, "max_steps = 2")).success
    assert shell.user_ns["run"].status == "finished"
    assert shell.user_ns["run"].wait() is None, "nothing that IPython would show once more"
    assert "trains in the foreground" in capsys.readouterr().out


def test_without_a_name_the_run_is_the_result(
    shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.push({"pairs": pairs})
    result = shell.run_cell("%%finetune --quiet\n" + body(tiny_model, "max_steps = 2"))
    assert isinstance(result.result, Run)
    assert "accuracy" in capsys.readouterr().out


def test_a_name_in_quotes_is_a_name(shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs})
    assert shell.run_cell('%%finetune --out "mine" --quiet\n' + body(tiny_model, "max_steps = 1")).success
    assert isinstance(shell.user_ns["mine"], Run)


def test_a_dry_run_checks_and_trains_nothing(
    shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.push({"pairs": pairs})
    assert shell.run_cell("%%finetune --out run --dry-run\n" + body(tiny_model)).success
    printed = capsys.readouterr().out
    assert "nothing was trained" in printed
    assert "21 steps of 8 examples" in printed
    assert re.search(r"memory +about \d+ MB", printed) and re.search(r"time +about \d+:\d\d", printed)
    assert "different, same" in printed
    assert "run" not in shell.user_ns
    assert not Path("nbtrain_runs").exists()


def test_a_mistake_is_short_and_stops_run_all(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs})
    cell = '%%finetune --out run\nmodel = "demo"\ntrain = "$piars"\nlearning_rate = "fast"\n'
    result = shell.run_cell(cell)
    assert not result.success
    assert rendered(result).splitlines() == [
        "2 problems:",
        'line 3: `train = "$piars"`: there is no variable `piars`.',
        "    Did you mean `pairs`?",
        'line 4: `learning_rate`: expected a number greater than 0, got the string "fast".',
    ]
    assert "run" not in shell.user_ns


@pytest.fixture(autouse=True)
def no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the forms of other tests."""
    monkeypatch.setattr("nbtrain.notebook.form.api._newest", [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%finetune", "needs an option"),
        ("%finetune --template nonsense", "`nonsense`"),
        ("%finetune --write", "`%finetune --form`"),
        ("%finetune --form --out 3x", "`3x`"),
        ("%%finetune --out 3x\nseed = 1", "`3x`"),
        ("%%finetune --out $nothere\nseed = 1", "`$nothere`"),
        ("%%finetune --outt x\nseed = 1", "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_a_usage_error(
    shell: InteractiveShell, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = shell.run_cell(line)
    assert not result.success
    captured = capsys.readouterr()
    assert said in captured.err + captured.out
    assert "Traceback" not in captured.err + captured.out


def test_help_fits_on_a_screen(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell("%finetune --help").success
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) <= 40 and max(map(len, printed.splitlines())) <= 110
    assert all(option in printed for option in NAMES) and all(key in printed for key in MAIN_KEYS)
    assert "--help all" in printed and "adam_beta1" not in printed


def test_help_of_one_key_or_option(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell("%finetune --help lr").success
    printed = capsys.readouterr().out
    assert printed.startswith("learning_rate\n") and "Default: 5e-5" in printed
    assert shell.run_cell("%finetune --help save_total_limit").success
    assert "the last and the best one" in capsys.readouterr().out
    assert shell.run_cell("%finetune --help resume").success
    assert capsys.readouterr().out.startswith("--resume RUN\n")
    assert not shell.run_cell("%finetune --help learnign_rate").success
    assert "Did you mean `learning_rate`?" in "".join(capsys.readouterr())


def test_every_key_is_in_one_group() -> None:
    names = [field.name for fields in groups().values() for field in fields]
    assert sorted(names) == sorted(schema())
    assert all(f"<code>{name}</code>" in help_html() for name in names)
    assert help_html().count("<details") == len(groups())


def test_help_all_lists_every_key(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell("%finetune --help all").success
    printed = capsys.readouterr().out
    for word in ("Evaluation:", "max_length", "gradient_accumulation_steps", "Default: 5e-5", '"cosine"'):
        assert word in printed


@pytest.mark.parametrize("task", ["", *tasks.names()])
def test_a_template_is_a_cell_that_passes_the_check(shell: InteractiveShell, task: str) -> None:
    assert shell.run_cell(f"%finetune --template {task}").success
    cell = shell.rl_next_input
    assert cell.startswith("%%finetune --out run\n")
    from_toml(cell.split("\n", 1)[1])


def test_a_form_is_shown_and_its_text_written(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    cell = '%%finetune --quiet --form\nmodel = "demo"   # the small one\ndataset = "demo"\n'
    form = shell.run_cell(cell).result
    assert "--form" not in form.text
    assert form.text in capsys.readouterr().out
    form.set({"seed": 1})
    assert shell.run_cell("%finetune --write").success
    assert shell.rl_next_input == '%%finetune --quiet\nmodel = "demo"   # the small one\ndataset = "demo"\nseed = 1\n'
    assert shell.run_cell("%finetune --form").success
    assert shell.run_cell("%finetune --write").success
    assert shell.rl_next_input == "%%finetune --out run\n", "the newest form"


def test_loading_again_registers_nothing_twice(shell: InteractiveShell) -> None:
    for command in ("%reload_ext nbtrain", "%reload_ext nbtrain"):
        assert shell.run_cell(command).success
    names = [type(configurable).__name__ for configurable in shell.configurables]
    assert names.count("FinetuneMagics") == 1
    assert len(shell.Completer.custom_matchers) == 1
    shell.run_cell("%unload_ext nbtrain")
    assert "finetune" not in shell.magics_manager.magics["cell"]
    assert shell.Completer.custom_matchers == []


@pytest.mark.kernel
def test_loading_is_light() -> None:
    code = """if True:
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell("%load_ext nbtrain")
        shell.run_cell("%finetune --template")
        heavy = {"torch", "transformers", "datasets", "pandas", "matplotlib", "sklearn", "anywidget"}
        print(sorted(heavy & {*sys.modules}))
    """
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "[]"


def test_a_run_goes_on_in_another_cell(
    shell: InteractiveShell, tiny_model: Path, pairs: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.push({"pairs": pairs})
    assert shell.run_cell("%%finetune --out run --quiet\n" + body(tiny_model, "num_train_epochs = 1")).success
    assert shell.run_cell("%%finetune --resume run --dry-run\nnum_train_epochs = 2\n").success
    assert f"run ({shell.user_ns['run'].state.alias}), from step 7" in capsys.readouterr().out
    result = shell.run_cell("%%finetune --resume run --out more\nnum_train_epochs = 2\nlerning_rate = 1.0\n")
    assert "line 3: Unknown key `lerning_rate`" in rendered(result)
    assert "nothing is left to train" in rendered(shell.run_cell("%finetune --resume run --out more"))
    assert "more" not in shell.user_ns
    result = shell.run_cell("%%finetune --resume run --out more\nnum_train_epochs = 2\nlearning_rate = 1e-5\n")
    assert result.success
    more = shell.user_ns["more"]
    assert list(more.history["step"]) == list(range(1, 15))
    assert 'train = "$pairs"' in (more.directory / "config.toml").read_text(), "it can be gone on with, too"
    assert "Changed: learning_rate 5e-5 -> 1e-5." in more.state.prepared.notes
    assert "continuing from step 7" in capsys.readouterr().out
    shell.push({"pairs": pairs.head(50)})
    assert "train data" in rendered(shell.run_cell("%%finetune --resume run\nnum_train_epochs = 2\n"))
    for name in ("pairs", "run", "more"):
        del shell.user_ns[name]
    again = shell.run_cell(f"%finetune --resume {more.id} --step 7")
    assert "there is no variable `pairs`" in rendered(again)
