"""Startup time: importing nbtrain, `%load_ext`, and from running a cell to its first step.

    python -m benchmarks.startup
    python -m benchmarks.startup --rounds 9

Measured alternately in fresh processes. The first step of a cell is compared with that of a plain script with the same
model, data and batches; both are timed from a ready IPython to the end of the first step. A cell that runs again with
another learning rate uses cached tokens and weights.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile

from benchmarks.results import DATA, ROOT, Result, machine, shown

MAX_SECONDS = 0.2
MAX_TIMES = 1.15

IMPORT = "import nbtrain"
LOAD = "shell.run_line_magic('load_ext', 'nbtrain')"

FIRST = """
import transformers
class First(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        control.should_training_stop = True
        done.append((time.perf_counter(), time.process_time()))
"""

CELL = """%%finetune --out run --quiet
model = "demo"
train = "{data}/train.csv"
validation = "{data}/validation.csv"
callbacks = "$first"
speed = "exact"
use_cpu = true
eval_strategy = "no"
save_strategy = "no"
"""

PLAIN = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments
from nbtrain.demo import model_path
name = str(model_path())
data = load_dataset("csv", data_files={"train": DATA + "/train.csv", "validation": DATA + "/validation.csv"})
tokenizer = AutoTokenizer.from_pretrained(name)
data = data.map(lambda rows: tokenizer(rows["sentence1"], rows["sentence2"], truncation=True), batched=True)
model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=2)
arguments = TrainingArguments("out", use_cpu=True, save_strategy="no", report_to="none", disable_tqdm=True)
trainer = Trainer(model, arguments, train_dataset=data["train"], eval_dataset=data["validation"],
                  processing_class=tokenizer, callbacks=[First()])
trainer.train()
"""

BEGIN = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
done = []
began = time.perf_counter(), time.process_time()
"""

END = """
done.append((time.perf_counter(), time.process_time()))
at = done[WHICH]
print("\\n" + json.dumps([at[0] - began[0], at[1] - began[1], "torch" in sys.modules]))
"""


def seconds_of(code: str, which: int = -1) -> tuple[float, float, bool]:
    """Wall-clock and CPU seconds of `code` in a fresh process, and whether torch was imported."""
    whole = BEGIN + code + END.replace("WHICH", str(which))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HF_DATASETS_CACHE": tempfile.mkdtemp(),
        "HF_HUB_OFFLINE": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-c", whole]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    clock, used, has_torch = json.loads(done.stdout.splitlines()[-1])
    return clock, used, has_torch


def cell_code(data: str, *, again: bool = False) -> str:
    """Run a cell; if `again`, after the same cell with another learning rate."""
    cell = CELL.format(data=data)
    run = "shell.run_cell_magic('finetune', {line!r}, {body!r})\n"
    line, _, body = cell.partition("\n")
    options = line.removeprefix("%%finetune ")
    code = LOAD + FIRST + "first = First()\nshell.push({'first': first})\n"
    if again:
        earlier = run.format(line=options, body=body + "learning_rate = 1e-4\n")
        code += earlier + "done.clear()\nbegan = time.perf_counter(), time.process_time()\n"
    return code + run.format(line=options, body=body)


def measure(data: str, rounds: int = 5) -> Result:
    """Measure all of them alternately."""
    codes = {
        "import nbtrain": (IMPORT, -1),
        "%load_ext nbtrain": (LOAD, -1),
        "plain script, first step": (FIRST + f"DATA = {data!r}\n" + PLAIN, 0),
        "cell, first step": (cell_code(data), 0),
        "the cell again, first step": (cell_code(data, again=True), 0),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in codes}
    missed = []
    for _ in range(rounds):
        for name, (code, which) in codes.items():
            clock, used, has_torch = seconds_of(code, which)
            times[name].append((clock, used))
            if name in ("import nbtrain", "%load_ext nbtrain") and has_torch:
                missed.append(f"{name} imports torch")
    limits = {"%load_ext nbtrain": f"{MAX_SECONDS}", "cell, first step": f"{MAX_TIMES} times the script"}
    rows = [
        [
            name,
            shown([clock for clock, _ in seen], digits=3),
            shown([used for _, used in seen], digits=3),
            limits.get(name, ""),
        ]
        for name, seen in times.items()
    ]
    script, cell = times["plain script, first step"], times["cell, first step"]
    ratios = [[one[at] / other[at] for one, other in zip(cell, script, strict=True)] for at in (0, 1)]
    rows.append(["cell : script", *(shown(values, digits=2) for values in ratios), f"{MAX_TIMES}"])
    if sorted(ratios[1])[rounds // 2] > MAX_TIMES:
        missed.append("the first step comes too late")
    if sorted(used for _, used in times["%load_ext nbtrain"])[rounds // 2] > MAX_SECONDS:
        missed.append("%load_ext takes too long")
    how = f"{rounds} fresh processes each, in turns, median (middle half). Model: the embedded one; data: MRPC."
    return Result("How soon it begins", how, ["", "seconds on the clock", "of the processor", "limit"], rows, missed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default=DATA, help="folder with mrpc/train.csv")
    given = parser.parse_args()
    print(machine(), measure(f"{given.data}/mrpc", given.rounds).text(), sep="\n\n")
