"""A run on an event loop that is none of a kernel's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.config import from_mapping
from nbtrain.training import background
from nbtrain.training.finetune import Finetuning

if TYPE_CHECKING:
    import pandas as pd

    from nbtrain.runs.run import Run


def prepared(tiny_model: Path, pairs: pd.DataFrame, folder: Path, **keys: Any) -> tuple[Finetuning, Run]:
    given = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True}
    finetuning = Finetuning(from_mapping(given | {"output_dir": str(folder)} | keys))
    return finetuning, finetuning.prepare()


def test_other_tasks_get_their_turn(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    seen: list[int] = []

    async def look(run: Run) -> None:
        while not run.state.ended:
            seen.append(run.state.step)
            await asyncio.sleep(0)

    async def main() -> Run:
        finetuning, run = prepared(tiny_model, pairs, tmp_path, max_steps=5)
        assert finetuning.train_in_background() is run
        assert run.status == "running"
        assert run.state.started is None
        await asyncio.gather(look(run), asyncio.ensure_future(_wait(run)))
        return await run

    run = asyncio.run(main())
    assert (run.status, run.state.step) == ("finished", 5)
    assert set(seen) >= set(range(6))


async def _wait(run: Run) -> Run:
    return await run


def test_a_loop_that_ends_ends_the_run(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    async def main() -> tuple[Run, Run]:
        finetuning, run = prepared(tiny_model, pairs, tmp_path / "one", max_steps=1000)
        finetuning.train_in_background()
        finetuning, later = prepared(tiny_model, pairs, tmp_path / "two", max_steps=1000)
        finetuning.train_in_background()
        while run.state.step < 3:
            await asyncio.sleep(0.01)
        return run, later

    run, later = asyncio.run(main())
    assert (run.status, later.status) == ("interrupted", "stopped")
    assert run.control is None
    assert later.control is None
    assert len(run.history) == run.state.step
    assert not background._queue
