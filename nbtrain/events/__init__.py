"""A run as data: its events, the journal that stores them, and the state that they add up to.

An event is a frozen dataclass that says what happened in a run. `nbtrain.stream` yields them while it trains:

```python
import nbtrain
from nbtrain.events import Evaluated, Stepped

for event in nbtrain.stream(trainer):
    match event:
        case Stepped(step=step, loss=loss):
            print(f"step {step}: training loss {loss:.4f}")
        case Evaluated(metrics=metrics):
            print(f"evaluation: {metrics}")
```

A run with a directory has all of its events in a journal, and its `RunState` is the fold of them:

```python
from pathlib import Path

from nbtrain.events import Stepped, journal
from nbtrain.events.state import RunState

directory = Path("nbtrain_runs/20260101-120000-abcd")
losses = [event.loss for event in journal.read(directory) if isinstance(event, Stepped)]
state = RunState.fold(journal.read(directory))
print(state.status, state.step, state.evaluations[-1].metrics)
```

To see the events of `nbtrain.finetune` or `nbtrain.watch` while they train, pass a view: see
`nbtrain.events.recorder.View`.
"""

from __future__ import annotations

from nbtrain.events.types import (
    EVENT_TYPES,
    Baselines,
    Branched,
    Commanded,
    Created,
    Diagnosed,
    Ended,
    Environment,
    EpochEnded,
    Evaluated,
    Event,
    Examined,
    Label,
    Logged,
    Nonfinite,
    Paused,
    Phase,
    Piece,
    Predicted,
    Prepared,
    Pruned,
    Resumed,
    Saved,
    Split,
    Started,
    Status,
    Stepped,
    TaskSpec,
    Waiting,
)

__all__ = [
    "EVENT_TYPES",
    "Baselines",
    "Branched",
    "Commanded",
    "Created",
    "Diagnosed",
    "Ended",
    "Environment",
    "EpochEnded",
    "Evaluated",
    "Event",
    "Examined",
    "Label",
    "Logged",
    "Nonfinite",
    "Paused",
    "Phase",
    "Piece",
    "Predicted",
    "Prepared",
    "Pruned",
    "Resumed",
    "Saved",
    "Split",
    "Started",
    "Status",
    "Stepped",
    "TaskSpec",
    "Waiting",
]
