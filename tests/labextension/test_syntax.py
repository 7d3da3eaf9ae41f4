"""What page and kernel say of a syntax mistake is the same, but for the words of their TOML libraries."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from nbtrain.config.toml import parser
from tests.node import node

READ = """
import { readToml } from "./cells/syntax.js";
const texts = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(texts.map(text => readToml(text).problems)));
"""
LIBRARYS_OWN = "Invalid TOML: "

VALUES = [
    *("bert", "bert # mine", "bert-base cased", "a # b # c", "a#b", "bert,", '"a",', "C:\\data", 'a "b" c', "it's"),
    *("True", "FALSE # no", "None", "null", "~", "yes", "0,001", "0,5 # half", "1,000", "-0,5", "+1,000", "1,2,3"),
    *("5.", ".5", "007", "1e5,", "1e-7,", "0.00001,", "5e22.", "100000000000000000000.,", "1_000", "1__0", "0xff,"),
    *("[a, b]", "[a, 1, None]", "[True, 0.5]", "[0,5]", "[a,]", "[,]", "[[a]]", '[a, "b"', "[1, 2]]", "{r: 8}"),
    *('"bert', 'bert"', "“bert”", "|", ">", "&a", "!a", "@a", "", "1 2", "[", '"""', "{a = 1", "été"),
]
TEXTS = [
    *(f"x = {value}" for value in VALUES),
    *(f"x: {value}" for value in VALUES),
    *("  model = bert", "model=bert", "model:bert", "model : bert", "= 3", "a b", "x", "[x", "[x]]", "a-b: x"),
    'seed = 1\ntext = [\n"a",\nmax_steps = 3\n',
    'seed = 1\nmodel = """\nx\nmax_steps = 3\n',
    "x = [1, 2\ny = 3\n",
    "x = [ # c\n 1, # d\n\n 2\n]\ny = b",
    'x = [\n  "a",\n  "b\n]\ny = 1',
    'x = [\n  "a",  # c\n  "b"  # d\n]\ny = [true,\nfalse]\nz = w',
    'x = [1,\n"a"\ny = 1',
    "x = [\n 1,\n b,\n]\ny = 1",
    "x = [1,\n 2 3]",
    "x = {a = 1,\n b = 2}\ny = 1",
    "x = '''\na",
    "seed = 1\nmodel = bert\nseed = 2\nlr = fast",
    "x = 1\n[x]\na = 1",
    "x = 1\nx = [\n1,\n2]\ny = 3\ny = 4",
    "[t]\na = 1\na = 2\n[t]\nb = 1\nc = q",
    "a.b = 1\na = 2",
    "x = bad\n" * 30,
    'model = "demo"\nlist = [\n "a",\n]\n\n# a comment\n[table]\na = 1\n',
]


def test_page_and_kernel_say_the_same_of_a_mistake(compiled: Path) -> None:
    command = [node(), "--input-type=module", "--eval", READ]
    done = subprocess.run(command, cwd=compiled, input=json.dumps(TEXTS), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for text, problems in zip(TEXTS, json.loads(done.stdout), strict=True):
        of_the_page = [(one["line"], one["key"], one["message"], one["fix"]) for one in problems]
        of_the_kernel = [(one.line, one.key, one.message, one.fix) for one in parser.read(text).problems]
        assert list(map(in_our_words, of_the_page)) == list(map(in_our_words, of_the_kernel)), text


def in_our_words(problem: tuple[Any, ...]) -> tuple[Any, ...]:
    """A problem without the words of the TOML library."""
    line, key, message, fix = problem
    is_ours = not message.startswith(LIBRARYS_OWN) or "is not closed" in message
    return line, key, message if is_ours else LIBRARYS_OWN, fix
