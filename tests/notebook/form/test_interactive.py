"""A form without an interactive front end."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import nbtrain
from nbtrain.notebook.form.suggestions import suggestions

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

TEXT = '%%finetune --out run\nmodel = "demo"\ndataset = "demo"\n'


def test_in_a_terminal_it_is_its_text(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell('__import__("nbtrain").form(model="demo", dataset="demo")').success
    printed = capsys.readouterr().out
    assert TEXT in printed
    assert "# Forms need an interactive notebook" in printed
    assert repr(nbtrain.form(model="demo", dataset="demo")) == TEXT


@pytest.mark.kernel
def test_it_costs_nothing_there() -> None:
    code = """if True:
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell("%load_ext nbtrain")
        shell.run_cell("%finetune --form")
        heavy = {"torch", "transformers", "datasets", "pandas", "matplotlib", "ipywidgets", "anywidget"}
        print(sorted(heavy & {*sys.modules}))
    """
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "[]"
    assert "%%finetune --out run" in output


def test_what_the_notebook_has_is_suggested(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs, "_hidden": pairs, "number": 3})
    shell.run_cell("%%writefile train.csv\na,b\n")
    assert suggestions("train", shell.user_ns) == ["$pairs", "train.csv"]
    assert suggestions("dataset", shell.user_ns) == ["demo", "train.csv"]
    assert suggestions("model", shell.user_ns) == ["demo", "demo-lm", "demo-t5", "demo-vit"]
    assert suggestions("seed", shell.user_ns) == []
