"""Debounced work in a thread, and its delivery on the loop."""

from __future__ import annotations

import asyncio
import threading

from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.worker import DebouncedWorker

PATIENCE = 60
"""Timeout in seconds."""


class Quiet(threading.Condition):
    """A condition whose clock the test controls: a wait lasts until the next request, or until `pass_by`.

    Attributes:
        waits: Released whenever a wait begins.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Semaphore(0)
        self._passed = False

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "it would wait for ever"
        self.waits.release()
        if not self._passed:
            super().wait(PATIENCE)
        passed, self._passed = self._passed, False
        return not passed

    def pass_by(self) -> None:
        """Let the debounce time pass: the current wait ends, or the next one."""
        with self:
            self._passed = True
            self.notify()


class Work:
    """Work that starts and ends when the test says so, and its results."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.threads: list[threading.Thread] = []
        self.delivered: list[tuple[int, bool]] = []
        self.arrived = asyncio.Event()
        self._begun, self._may_end = threading.Semaphore(0), threading.Semaphore(0)

    def ask(self, latest: DebouncedWorker, number: int) -> None:
        latest.ask(lambda: self._do(number), self._deliver)

    def wait_until_begun(self) -> None:
        assert self._begun.acquire(timeout=PATIENCE)

    def end(self) -> None:
        self._may_end.release()

    def _do(self, number: int) -> int:
        self.done.append(number)
        self.threads.append(threading.current_thread())
        self._begun.release()
        assert self._may_end.acquire(timeout=PATIENCE)
        return number

    def _deliver(self, number: int) -> None:
        self.delivered.append((number, threading.current_thread() is threading.main_thread()))
        self.arrived.set()


def test_the_newest_is_done_once_in_a_thread_and_delivered_on_the_loop() -> None:
    async def ask() -> Work:
        latest, quiet, work = DebouncedWorker(MainLoop()), Quiet(), Work()
        latest._changed = quiet
        for number in range(5):
            work.ask(latest, number)
            assert quiet.waits.acquire(timeout=PATIENCE), "each request has it wait for quiet anew"
        quiet.pass_by()
        work.wait_until_begun()
        work.ask(latest, 5)  # what is being done is not wanted any more
        work.end()
        quiet.pass_by()
        work.wait_until_begun()
        work.end()
        await asyncio.wait_for(work.arrived.wait(), PATIENCE)
        work.ask(latest, 6)
        quiet.pass_by()
        work.wait_until_begun()
        latest.cancel()
        work.end()
        quiet.pass_by()
        work.threads[-1].join(PATIENCE)
        await asyncio.sleep(0)  # the loop does what the thread left for it
        return work

    work = asyncio.run(ask())
    assert work.done == [4, 5, 6]
    assert work.delivered == [(5, True)]
    assert {thread.name for thread in work.threads} == {"nbtrain-form"}
    assert not work.threads[-1].is_alive(), "it ends by itself"


def test_without_a_loop_it_is_done_when_asked_for() -> None:
    latest, results = DebouncedWorker(MainLoop()), list[int]()
    latest.ask(lambda: 1, results.append)
    latest.ask(lambda: 2, results.append)
    assert results == []
    assert latest.run_pending()
    assert not latest.run_pending()
    assert results == [2]


def test_calls_from_other_threads_come_to_the_main_one() -> None:
    seen: list[tuple[str, bool]] = []

    def note(name: str) -> None:
        seen.append((name, threading.current_thread() is threading.main_thread()))

    async def run() -> None:
        loop = MainLoop()
        loop.call(note, "here")
        loop.later(note, "later")
        seen.append(("then", True))
        thread = threading.Thread(target=loop.call, args=(note, "there"))
        thread.start()
        thread.join()
        await asyncio.sleep(0)  # what was left for the loop is done before this goes on

    asyncio.run(run())
    assert seen == [("here", True), ("then", True), ("later", True), ("there", True)]
