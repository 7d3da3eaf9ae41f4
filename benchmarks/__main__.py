"""Run benchmarks and write their results to RESULTS.md.

    python -m benchmarks
    python -m benchmarks overhead startup

Sections of other benchmarks stay unchanged.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    analysis,
    chat,
    click_latency,
    digits,
    end_to_end,
    long_run,
    overhead,
    predictions,
    question_answering,
    seq2seq,
    startup,
    tracking,
    wnut17,
)
from benchmarks.results import DATA, Result, machine

FILE = Path(__file__).with_name("RESULTS.md")
HEAD = """# Results

`make bench` writes this file; `make bench ARGS="overhead startup"` measures only what is named, and leaves the other
sections alone. What is claimed are ratios, of what ran in turns on one machine: absolute times are those of the machine
that is named. How each is measured is told at the head of its file in this folder.
"""

BENCHMARKS: dict[str, Callable[[Path], Result]] = {
    "mrpc": lambda data: end_to_end.measure("mrpc", str(data)),
    "sst2": lambda data: end_to_end.measure("sst2", str(data), seeds=3),
    "wnut17": lambda data: wnut17.measure(str(data / "wnut17")),
    "chat": lambda data: chat.measure(),
    "digits": lambda data: digits.measure(),
    "question_answering": lambda data: question_answering.measure(),
    "seq2seq": lambda data: seq2seq.measure(),
    "startup": lambda data: startup.measure(str(data / "mrpc")),
    "overhead": lambda data: overhead.measure(),
    "click_latency": lambda data: click_latency.measure(),
    "long_run": lambda data: long_run.measure(),
    "predictions": lambda data: predictions.measure(),
    "analysis": lambda data: analysis.measure(),
    "tracking": lambda data: tracking.measure(),
}
"""Benchmarks by name, in the order of the file; each takes the folder of the data sets."""

_SECTION = re.compile(r"<!-- (\w+) -->\n(.*?)(?=<!-- \w+ -->\n|\Z)", re.DOTALL)


def section(result: Result) -> str:
    """A result and the machine."""
    where = "  \n".join(machine().splitlines())
    return f"{result.markdown()}\n{where}\n\n"


def write(name: str, text: str) -> None:
    """Replace the section of benchmark `name` in the file."""
    sections = dict(_SECTION.findall(FILE.read_text(encoding="utf-8"))) if FILE.exists() else {}
    sections[name] = text
    parts = [f"<!-- {known} -->\n{sections[known]}" for known in BENCHMARKS if known in sections]
    FILE.write_text("\n".join([HEAD, *(part.rstrip("\n") + "\n" for part in parts)]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--data", type=Path, default=Path(DATA), help="folder with mrpc/ and sst2/")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    for name in given.names or BENCHMARKS:
        result = BENCHMARKS[name](given.data)
        print(result.text(), flush=True)
        write(name, section(result))
