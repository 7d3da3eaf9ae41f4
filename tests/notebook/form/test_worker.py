"""Slow work of which the newest matters, and the loop on which it is delivered."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from nbtrain.notebook.form import worker
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.worker import Latest


def test_the_newest_is_done_once_in_a_thread_and_delivered_on_the_loop(monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "QUIET_SECONDS", 0.05)
    done: list[Any] = []
    delivered: list[Any] = []

    def work(number: int) -> tuple[int, str]:
        done.append(number)
        time.sleep(0.1)
        return number, threading.current_thread().name

    def deliver(result: Any) -> None:
        delivered.append((result, threading.current_thread() is threading.main_thread()))

    async def ask() -> None:
        latest = Latest(MainLoop())
        for number in range(5):
            latest.ask(lambda number=number: work(number), deliver)
        await asyncio.sleep(0.1)
        latest.ask(lambda: work(5), deliver)  # what is being done is not wanted any more
        await asyncio.sleep(0.5)
        latest.ask(lambda: work(6), deliver)
        await asyncio.sleep(0.1)
        latest.cancel()
        await asyncio.sleep(0.3)

    asyncio.run(ask())
    assert done == [4, 5, 6]
    assert delivered == [((5, "nbtrain-form"), True)]
    assert "nbtrain-form" not in [thread.name for thread in threading.enumerate()], "it ends by itself"


def test_without_a_loop_it_is_done_when_asked_for() -> None:
    latest, results = Latest(MainLoop()), list[int]()
    latest.ask(lambda: 1, results.append)
    latest.ask(lambda: 2, results.append)
    assert results == []
    assert latest.settle()
    assert not latest.settle()
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
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert seen == [("here", True), ("then", True), ("later", True), ("there", True)]
