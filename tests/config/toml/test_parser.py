"""Values, the line of each key, and all syntax errors with fixes."""

from __future__ import annotations

import pytest

from nbtrain.config.toml import parser

TEXT = '''# a comment

model = "demo"   # which
text = [
    "sentence1",
    "sentence2",
]

"dataset" = "glue/mrpc"
callbacks = """two
lines = 3
"""
accelerator_config.split_batches = true
learning_rate = 3e-4

[lr_scheduler_kwargs]
num_cycles = 2
'''


def test_every_key_has_its_line() -> None:
    document = parser.read(TEXT)
    assert document.problems == []
    lines = TEXT.splitlines()
    for key, line in document.lines.items():
        assert key in lines[line - 1], (key, line)
    assert document.lines.keys() == document.values.keys()
    assert document.values["learning_rate"] == 0.0003


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment"])
def test_empty_texts(text: str) -> None:
    assert parser.read(text) == parser.Document()


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("learning_rate: 5e-5", "learning_rate = 5e-5"),
        ("model: bert-base-cased", 'model = "bert-base-cased"'),
        ("bf16 = True", "bf16 = true"),
        ("eval_steps = None", 'eval_steps = "none"'),
        ("model = bert-base-cased", 'model = "bert-base-cased"'),
        ('model = "bert', "quotation mark is missing"),
        ("learning_rate: 5e-5  # yaml", "`learning_rate = 5e-5  # yaml`"),
        ("  bf16: True # yes", "`bf16 = true # yes`"),
        ("model: 'a # b' # why", "`model = 'a # b' # why`"),
        ("model: a#b", '`model = "a#b"`'),
        ("label: it's it", '`label = "it\'s it"`'),
        ("text: [a, 'b', 3]", "`text = [\"a\", 'b', 3]`"),
        ("peft: {r: 8}", "Write `key = value`"),
        ("learning_rate = 0,001", "`learning_rate = 0.001`"),
        ("weight_decay=.01 # little", "`weight_decay=0.01 # little`"),
        ("max_steps = 1,000", "`max_steps = 1000`"),
        ("seed = 007", "`seed = 7`"),
        ("seed=3,", "`seed=3`"),
        ('model = "demo",  # as in Python', '`model = "demo"  # as in Python`'),
    ],
)
def test_a_syntax_error_has_its_line_and_a_fix(line: str, fix: str) -> None:
    document = parser.read(f"seed = 1\n{line}\nmax_steps = 3\n")
    assert [problem.line for problem in document.problems] == [2]
    assert fix in (document.problems[0].fix or "")
    assert "column" in document.problems[0].message
    assert document.values == {"seed": 1, "max_steps": 3}


def test_all_syntax_errors_are_found() -> None:
    document = parser.read("seed: 1\nmodel = demo\nmax_steps = 3\nseed\n")
    assert [problem.line for problem in document.problems] == [1, 2, 4]
    assert document.values == {"max_steps": 3}


def test_a_key_given_twice_is_an_error_in_its_line() -> None:
    document = parser.read("seed = 1\nseed = 2\n")
    assert [problem.line for problem in document.problems] == [2]


@pytest.mark.parametrize("text", ["text = [\n'a',\n", "= 3", "[", '"""', "a = 1\n[[a]]", "\x00", "a.b = 1\na = 2"])
def test_invalid_texts_do_not_hang_or_raise(text: str) -> None:
    assert parser.read(text).problems


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("seed = 1\ntext = [\n'a',\nmax_steps = 3\n", 2, "A closing `]` is missing."),
        ('seed = 1\nmodel = """\nx\nmax_steps = 3\n', 2, 'A closing `"""` is missing.'),
        ("seed = 1\ntext = [\n'a'\n'b'\n]\nmax_steps = 3\n", 4, ""),
    ],
)
def test_an_unclosed_value_does_not_hide_the_next_lines(text: str, line: int, fix: str) -> None:
    document = parser.read(text)
    assert document.values == {"seed": 1, "max_steps": 3}
    assert [(problem.line, problem.fix or "") for problem in document.problems] == [(line, fix)]


def test_a_table_that_contradicts_a_key_is_left_out_with_all_its_keys() -> None:
    document = parser.read("k = 1\n[k]\nseed = 2\n[other]\nx = 1\n")
    assert document.values == {"k": 1, "other": {"x": 1}}
    assert [str(problem) for problem in document.problems] == ["line 2: Duplicate key `k`.\n    Keep one of the two."]


def test_many_mistakes_do_not_hide_valid_lines() -> None:
    document = parser.read("lr: 1\n" * 50 + "seed = 1\n")
    assert document.values == {"seed": 1}
    assert len(document.problems) == parser.MAX_SYNTAX_ERRORS


def test_lines_are_counted_as_editors_do() -> None:
    assert parser.read("label = 'a\u2028b'\r\nseed = 1\r\nx").lines == {"label": 1, "seed": 2}
