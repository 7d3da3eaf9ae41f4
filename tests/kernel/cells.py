"""Cells for the tests of live control."""

from __future__ import annotations

SLOW = """
import time, transformers
class Slow(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        print("step", state.global_step)
        time.sleep({seconds})
slow = Slow()
"""
"""Each step prints, and takes `seconds` longer."""

GATED = """
import time, transformers
from pathlib import Path
class Gated(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        print("step", state.global_step)
        while state.global_step == 2 and not Path("gate").exists():
            time.sleep(0.05)
gated = Gated()
"""
"""The second step ends when a file called "gate" exists."""

DISTURB = """
import random, numpy, torch, ipywidgets
from transformers import TrainingArguments
count = 0
def disturb(_):
    global count
    count += 1
    random.random(), numpy.random.rand(), torch.rand(3)
    TrainingArguments("elsewhere", use_cpu=True, report_to="none").device
button = ipywidgets.Button()
button.on_click(disturb)
comm = button.comm.comm_id
"""
"""A button whose callback would change the training."""

DRAW = """
%matplotlib inline
import time, transformers
from matplotlib import pyplot
class Draw(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 2:
            pyplot.plot([1, 2])
            print("drawn")
            time.sleep(2)
            figures.append(pyplot.get_fignums())
figures = []
draw = Draw()
"""
"""A figure that takes two seconds to draw, during the second step."""

WATCH = """
import nbtrain
from transformers import Trainer, TrainingArguments
arguments = TrainingArguments("mine", num_train_epochs=4000, report_to="none", use_cpu=True)
data = dict(train_dataset=first.trainer.train_dataset, data_collator=first.trainer.data_collator)
trainer = Trainer(first.trainer.model, arguments, **data)
run = nbtrain.watch(trainer)
output = trainer.train()
"""
"""A user's Trainer that is watched."""
