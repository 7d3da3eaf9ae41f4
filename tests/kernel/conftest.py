"""Real kernels, and the cells that they run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture(scope="session")
def pairs_file(pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.csv"
    pairs.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def make_cell(tiny_model: Path, pairs_file: Path) -> Callable[..., str]:
    """The text of a `%%finetune` cell: `make_cell("--out run", "max_steps = 3")`."""

    def make(options: str = "--out run", *lines: str) -> str:
        keys = [f'model = "{tiny_model}"', f'train = "{pairs_file}"', 'text = ["left", "right"]', "use_cpu = true"]
        return "\n".join([f"%%finetune {options}", *keys, *lines])

    return make


class Kernel:
    """A kernel with a client, like a front end.

    Args:
        folder: Where it works.
        threads: That it computes with: for a tiny model, two would only wait for each other. None: as many as it takes.

    Attributes:
        outputs: What the last cell put out: `display_data`, `update_display_data`, `stream`, `error`, ... messages.
    """

    def __init__(self, folder: Path, threads: int | None = 1) -> None:
        from jupyter_client.manager import start_new_kernel

        env = {**os.environ, **({} if threads is None else {"OMP_NUM_THREADS": str(threads)})}
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=env)
        self.outputs: list[dict[str, Any]] = []

    def execute(
        self,
        code: str,
        *,
        timeout: float = 120,
        on_output: Callable[[dict[str, Any]], None] | None = None,
        allow_stdin: bool = True,
    ) -> str:
        """Execute a cell; returns the status of the reply."""
        self.outputs = []

        def keep(message: dict[str, Any]) -> None:
            self.outputs.append(message)
            if on_output is not None:
                on_output(message)

        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=keep, allow_stdin=allow_stdin)
        return str(reply["content"]["status"])

    def value(self, expression: str) -> Any:
        """The value of an expression whose repr is a literal."""
        import ast

        assert self.execute(f"print(repr(({expression})))") == "ok", self.error()
        return ast.literal_eval(self.text().strip())

    def text(self) -> str:
        return "".join(message["content"]["text"] for message in self.outputs if message["msg_type"] == "stream")

    def error(self) -> list[str]:
        """The lines of the error that the last cell shows."""
        return next((message["content"]["traceback"] for message in self.outputs if message["msg_type"] == "error"), [])

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A fresh kernel with nbtrain loaded."""
    kernel = Kernel(tmp_path)
    try:
        assert kernel.execute("%load_ext nbtrain") == "ok"
        yield kernel
    finally:
        kernel.close()
