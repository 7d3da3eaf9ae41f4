"""What the page reports of a cell by itself, with a schema from the kernel, the kernel reports, too."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nbtrain.config import schema
from nbtrain.config.other_names import ADVICE, ALIASES, REPLACED
from nbtrain.notebook.cell.check import problems_of
from nbtrain.notebook.cell.schema import cell_schema
from tests.node import node

CHECK = """
import { check } from "./cells/check.js";
import { readSchema } from "./cells/schema.js";
const { schema, texts } = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(texts.map(text => check(text, readSchema(schema)))));
"""
MEND = """
import { changeOf } from "./cells/edits.js";
const given = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(given.map(({ text, problem }) => {
  const change = changeOf(text, problem);
  return change && text.slice(0, change.from) + change.insert + text.slice(change.to);
})));
"""
GOOD = 'model = "demo"\ndataset = "demo"\n'
OPTIONS = ["--lst", "--out run --bakground", "--shwo x", "--zzz", "--lst=x", "--qui", "--resume=run", "$x --lst", ""]
VALUES = [
    *("3", "-1", "0", "1", "20", "3.0", "0.5", "1e-5", "1e400", "inf", "nan", "100000000000000000000", "true"),
    *('""', '"demo"', '"3"', '"3e-4"', '"1,000"', '"0,5"', '" .5 "', '"True"', '"none"', '"None"', '"epochs"', '"été"'),
    *('"$df"', '"$df.x"', '"$1"', '"C:\\temp\\new"', "'C:\\temp'", "[]", '["a"]', "[1, 2]", '["a", 1]', '["$a b"]'),
    *("{a = 1}", "{a = [1, 2.0]}", "1979-05-27", f'"{"long " * 20}"'),
]
BROKEN = [
    *("df", "train_df", "df.head()", "load_dataset('glue')", "('a', 'b')", "'a', 'b'", "('a',)", "True", "yes", "off"),
    *("epoch", "epochs", "linear", "3,5", "1,000", "None", "[a, b]", "[df, 1]", "{'a': 1}", "dict(a=1)", "f'{x}'"),
    *('"C:\\data\\x.csv"', "r'C:\\data'", 'r"C:\\x"', "'it''s'", "2 * 3", "1 2", "a b c", "$df", '"$df', "'a'#b", "-x"),
    *(
        "('a', 'b'),",
        "x[0]",
        "lambda x: x",
        "5e-5,",
        "'x',",
        '"x" "y"',
        "not x",
        "{1, 2}",
        "(1, 2)",
        "(3)",
        "...",
        "@a",
    ),
]
KEYS = ["model", "dataset", "train", "text", "metrics", "learning_rate", "seed", "bf16", "eval_strategy", "callbacks"]
KEYS += ["validation_split", "class_weights", "num_train_epochs", "output_dir", "task", "speed", "max_length"]
UNKNOWN = ["learning_rat", "lerning_rate", "LEARNING_RATE", "zzz", "Epochs", "model_nam", "eval_step", "sed", "fp", "x"]
WHOLE = [
    *("", "seed = 1", 'model = "demo"', 'dataset = "d"\ntrain = "t"', 'train = "t"\ndataset = "d"\nmodel = "m"'),
    *('metrics = "f1"\ncompute_metrics = "f"', 'compute_loss_func = "f"\nclass_weights = "balanced"'),
    *('metrics = ["acuracy", "f1"]', 'metrics = "accurcy"', 'metrics = "mase"', "early_stopping_patience = 2"),
    'eval_strategy = "no"\nearly_stopping_patience = 2', 'load_best_model_at_end = true\neval_strategy = "no"',
    'load_best_model_at_end = false\neval_strategy = "no"', "epochs = 3\nmodel_name = 'x'\ndata = 'y'",
    "TrainingArguments(learning_rate=2e-5, num_train_epochs=3)", "args = TrainingArguments(\n  lr=1,\n)\nseed = 1",
    "learning_rate=2e-5,\nseed=3,", "--lr 3e-5 --epochs=4", '"learning_rate": 2e-5,', "import torch", "print(1)",
    'model = "m"\ntrain = df\ndataset = "d"', "train = df\nvalidation = dv", "model = m\nseed = x\nlr = y",
]  # fmt: skip
CELLS = [
    *(f'model = "m"\ndataset = "d"\n{key} = {value}' for key in KEYS for value in [*VALUES, *BROKEN]),
    *(f"{key}: {value}" for key in KEYS for value in BROKEN),
    *(f"{name} = {value}" for name in [*ALIASES, *ADVICE, *REPLACED, *UNKNOWN] for value in ("1", '"x"', "false")),
    *(f"{name} = {value}" for name in schema() for value in ("1", '"x"', "[]", "true", "2.5", "{}")),
    *WHOLE,
]


def test_the_kernel_reports_what_the_page_reports(compiled: Path) -> None:
    texts = [*(f"%%finetune\n{body}\n" for body in CELLS), *(f"%%finetune {line}\n{GOOD}" for line in OPTIONS)]
    agreed = 0
    for text, page in zip(texts, _page(compiled, texts), strict=True):
        kernel = problems_of(text, {})
        for line, key, message, fix, edit in page:
            found = [one for one in kernel if key is None or (one.line, one.key) == (line, key)]
            assert found, (text, message)
            same = [one for one in found if (one.message, one.fix) == (message, fix)]
            assert all(edit == (one.edit and asdict(one.edit)) for one in same), text
            agreed += any(one.message == message for one in found)
        if not kernel:
            assert page == [], text
    assert agreed > 300, "mostly with the same words"


def test_the_page_finds_syntax_unknown_keys_types_and_choices(compiled: Path) -> None:
    found = _page(
        compiled,
        [
            f"%%finetune\n{GOOD}seed = x\nlr = 1",
            f"%%finetune\n{GOOD}learning_rat = 1",
            f"%%finetune\n{GOOD}lr = 1\nseed = 1.5",
            f'%%finetune\n{GOOD}eval_strategy = "step"',
            f'%%finetune\n{GOOD}learning_rate = "$rate"\nmetrics = "f1"',
        ],
    )
    assert [[(line, key) for line, key, *_ in page] for page in found] == [
        [(4, None)],
        [(4, "learning_rat")],
        [(4, "lr"), (5, "seed")],
        [(4, "eval_strategy")],
        [],
    ]
    assert [page[0][3] for page in found[1:4]] == [
        "Did you mean `learning_rate`?", "Did you mean `learning_rate`?", "Did you mean `steps`?",
    ]  # fmt: skip


def test_the_button_of_a_fix_mends_the_problem(compiled: Path) -> None:
    bodies = [f'# first\n{body}  # "last"' if "\n" not in body else body for body in CELLS]
    cells = [*(f"%%finetune\n{body}\n" for body in bodies), *(f"%%finetune {line}\n{GOOD}" for line in OPTIONS)]
    given = [(text, one) for text in cells for one in problems_of(text, {}) if one.edit is not None]
    mended = _mended(
        compiled, [{"text": text, "problem": asdict(one) | {"edit": asdict(one.edit)}} for text, one in given]
    )
    assert len(given) > 300
    for (text, problem), after in zip(given, mended, strict=True):
        assert after is not None and after != text, (text, problem)
        assert after.count("# first") == text.count("# first") and after.count('# "last"') == text.count('# "last"')
        left = [(one.line, one.message) for one in problems_of(after, {})]
        assert (problem.line, problem.message) not in left, (text, after)


def _mended(compiled: Path, given: list[dict[str, Any]]) -> list[str | None]:
    """Each text after the button of its problem was pressed; None if it has no button."""
    command = [node(), "--input-type=module", "--eval", MEND]
    done = subprocess.run(command, cwd=compiled, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str | None] = json.loads(done.stdout)
    return found


def _page(compiled: Path, texts: list[str]) -> list[list[tuple[Any, ...]]]:
    """The problems that the page finds in each text."""
    given = json.dumps({"schema": cell_schema(), "texts": texts})
    command = [node(), "--input-type=module", "--eval", CHECK]
    done = subprocess.run(command, cwd=compiled, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [
        [(one["line"], one["key"], one["message"], one["fix"], one["edit"]) for one in found]
        for found in json.loads(done.stdout)
    ]
