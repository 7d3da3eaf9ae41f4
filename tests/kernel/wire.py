"""A headless front end that clicks in the panel of a cell while the cell blocks the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.kernel.conftest import Kernel

ROOT = Path(__file__).parents[2]


def ipykernel_folder(version: str) -> Path:
    """A folder with another ipykernel for the start of a kernel's path; installed at first use."""
    folder = ROOT / "build" / f"ipykernel-{version}"
    if not (folder / "ipykernel").is_dir():
        extra = ["nest-asyncio"] if version.startswith("6") else []
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*command, f"ipykernel=={version}", *extra], check=True)
    return folder


def kernel_with(version: str | None, folder: Path) -> Kernel:
    """A kernel of ipykernel `version`; None for the installed one."""
    before = os.environ.get("PYTHONPATH")
    if version is not None:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ipykernel_folder(version)), before]))
    try:
        kernel = Kernel(folder)
    finally:
        os.environ.pop("PYTHONPATH", None)
        if before is not None:
            os.environ["PYTHONPATH"] = before
    assert kernel.execute("%load_ext nbtrain") == "ok"
    if version is not None:
        assert kernel.value("__import__('ipykernel').__version__") == version
    return kernel


def is_polled(kernel: Kernel) -> bool:
    """Whether messages are only handled at step boundaries."""
    return bool(kernel.value("__import__('ipykernel').version_info[0]") < 7)


def assert_is_unhooked(kernel: Kernel) -> None:
    """Assert that the kernel receives its messages without the hook."""
    assert "nbtrain-controls" not in kernel.value("[one.name for one in __import__('threading').enumerate()]")
    assert "nbtrain" not in kernel.value("repr(get_ipython().kernel.shell_stream._recv_callback)")


class RunningCell:
    """A running `%%finetune` cell.

    Attributes:
        seen: Every message of the kernel so far, oldest first.
        head: The newest numbers of the panel.
        heard: What the panel was told at once, oldest first.
    """

    def __init__(self, kernel: Kernel, cell: str) -> None:
        self.kernel = kernel
        self.seen: list[dict[str, Any]] = []
        self.head: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.run = ""
        self.comm = ""
        self._count = 0
        self.id = kernel.client.execute(cell, allow_stdin=True)

    def read(self, seconds: float = 0.05) -> None:
        """Process the kernel's messages for up to `seconds`."""
        import queue

        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self._take(self.kernel.client.get_iopub_msg(timeout=left))
            except queue.Empty:
                return

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.head, self.heard, self.seen[-3:])
            self.read(0.02)

    def wait_for_step(self, step: int) -> None:
        self.wait_for(lambda: self.head.get("step", 0) >= step)

    def click(self, command: str, run: str | None = None, **values: Any) -> float:
        """Click; returns the seconds until the acknowledgement."""
        self._count += 1
        told = len(self.heard)
        message = {"run": self.run if run is None else run, "command": command, "values": values, "id": self._count}
        self.send("comm_msg", {"comm_id": self.comm, "data": {"method": "custom", "content": message}})
        began = time.perf_counter()
        if run is None:
            while len(self.heard) == told:
                self.read(0.002)
                assert time.perf_counter() - began < 20, "not heard"
        return time.perf_counter() - began

    def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a message on the shell channel; returns its ID."""
        message = self.kernel.client.session.msg(kind, content)
        self.kernel.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def reply(self, to: str, seconds: float = 60) -> dict[str, Any]:
        """The reply to message `to`; others are dropped."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.kernel.client.get_shell_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") == to:
                return dict(message["content"])
        raise AssertionError("no reply")

    def end(self, seconds: float = 60) -> str:
        """Wait until the cell ends; returns the status of its reply."""
        status = str(self.reply(self.id, seconds)["status"])
        self.read(0.3)
        return status

    def statuses(self) -> list[str]:
        return [m["content"]["execution_state"] for m in self.seen if m["msg_type"] == "status"]

    def texts(self, parent: str) -> str:
        """The text that was printed in the cell of request `parent`."""
        own = [m for m in self.seen if m["parent_header"].get("msg_id") == parent]
        return "".join(m["content"]["text"] for m in own if m["msg_type"] == "stream")

    def _take(self, message: dict[str, Any]) -> None:
        self.seen.append(message)
        content = message["content"]
        if message["msg_type"] == "comm_open" and "snapshot" in content["data"].get("state", {}):
            self.comm = content["comm_id"]
        data = content.get("data", {}) if message["msg_type"] == "comm_msg" else {}
        custom = data.get("content", {}) if data.get("method") == "custom" else {}
        told = custom or data.get("state", {}).get("snapshot", {})
        if "head" in told:
            self.head, self.run = told["head"], told["run"]
        if "heard" in custom:
            self.heard.append(custom["heard"])
