"""A background run on an event loop outside a kernel."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.config import from_mapping
from nbtrain.runs.run import Run
from nbtrain.training import background
from nbtrain.training.job import FinetuneJob

if TYPE_CHECKING:
    import pandas as pd


def prepared(
    tiny_model: Path, pairs: pd.DataFrame, folder: Path, runs: list[Run] | None = None, **keys: Any
) -> tuple[FinetuneJob, Run]:
    """A job, and its run; `runs` gets each run of the job."""
    given = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True}
    known: list[Run] = [] if runs is None else runs
    config = from_mapping(given | {"output_dir": str(folder)} | keys)
    job = FinetuneJob(config, list, on_run=lambda stored: known.append(Run(stored)))
    job.prepare()
    return job, known[-1]


def test_other_tasks_get_their_turn(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    seen: list[int] = []

    async def look(run: Run) -> None:
        while not run.state.ended:
            seen.append(run.state.step)
            await asyncio.sleep(0)

    async def main() -> Run:
        job, run = prepared(tiny_model, pairs, tmp_path, max_steps=5)
        assert job.train_in_background() is run.stored
        assert run.status == "running"
        assert run.state.started is None
        await asyncio.gather(look(run), asyncio.ensure_future(_wait(run)))
        await run
        return run

    run = asyncio.run(main())
    assert (run.status, run.state.step) == ("finished", 5)
    assert set(seen) >= set(range(6))


async def _wait(run: Run) -> None:
    await run


def test_a_loop_that_ends_ends_the_run(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    async def main() -> tuple[Run, Run]:
        job, run = prepared(tiny_model, pairs, tmp_path / "one", max_steps=1000)
        job.train_in_background()
        job, later = prepared(tiny_model, pairs, tmp_path / "two", max_steps=1000)
        job.train_in_background()
        while run.state.step < 3:
            await asyncio.sleep(0.01)
        return run, later

    run, later = asyncio.run(main())
    assert (run.status, later.status) == ("interrupted", "stopped")
    assert run.control is None
    assert later.control is None
    assert len(run.history) == run.state.step
    assert not background._queue


def test_a_branch_that_was_asked_for_goes_first_paused_and_ends_like_a_blocking_one(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    import torch

    runs: list[Run] = []
    keys: dict[str, Any] = {"num_train_epochs": 2, "save_strategy": "epoch"}

    async def main() -> Run:
        job, run = prepared(tiny_model, pairs, tmp_path / "one", runs, **keys)
        job.train_in_background()
        job, later = prepared(tiny_model, pairs, tmp_path / "two", max_steps=2)
        job.train_in_background()
        while run.state.step < 8 or run.control is None:
            await asyncio.sleep(0)
        random = torch.get_rng_state()
        run.control.request("branch", step=int(run.checkpoints["step"].iloc[0]))
        await run
        while len(runs) < 2 or runs[1].status != "paused":
            await asyncio.sleep(0)
        assert torch.equal(torch.get_rng_state(), random), "preparing a branch changes nothing for other cells"
        assert later.state.started is None, "the branch comes before runs that wait"
        runs[1].set(learning_rate=1e-4)
        runs[1].resume()
        await runs[1]
        await later
        return run

    run = asyncio.run(main())
    branch = runs[1]
    assert (run.status, branch.status) == ("stopped", "finished")
    assert branch.state.branched is not None and branch.state.branched.parent == run.id
    assert len(branch.history) == branch.state.max_steps, "its history begins with that of the first run"
    assert branch.history["learning_rate"].iloc[branch.state.branched.step] == 1e-4
    assert not background._queue
