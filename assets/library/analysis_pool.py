"""Analysing many tracks in processes of their own, so that none can take the others with it.

Belongs here: handing out tasks, and what becomes of a process that dies or hangs. Does not belong here: the work itself
(``assets.library.analysis_worker``), storing answers.

A pool of `concurrent.futures` breaks as a whole when one process dies, and cannot stop a task that hangs.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from assets.library.analysis_task import AnalysisAnswer, AnalysisTask

SECONDS_PER_TRACK = 600.0
"""Most wall time for one track: a hundred times what a 4-minute track takes."""

_SINGLE_THREADED = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One process a core: numerical libraries that start threads of their own would only get in each other's way."""


@dataclass
class _Worker:
    process: "subprocess.Popen[bytes]"
    connection: "Connection[AnalysisTask | None, AnalysisAnswer]"
    task: AnalysisTask
    started: float

    def hand_out(self, task: AnalysisTask) -> None:
        self.task, self.started = task, time.monotonic()
        self.connection.send(task)

    def end(self) -> int:
        """Kill the process where it still runs; returns its exit status (negative: the signal)."""
        self.process.kill()
        self.connection.close()
        return self.process.wait()


def analyse_tracks(
    tasks: Sequence[AnalysisTask], workers: int, seconds_per_track: float = SECONDS_PER_TRACK
) -> Iterator[AnalysisAnswer]:
    """Analyse tracks; answers come as they are ready, one for each task.

    Leaving the iterator early ends the processes; so does the end of this process, however it comes.

    Args:
        tasks: the tracks.
        workers: processes, at least 1.
        seconds_per_track: a track that takes longer is given up and its process killed.
    """
    pending = deque(tasks)
    running: list[_Worker] = []
    try:
        while len(running) < workers and pending:
            running.append(_start(pending.popleft()))
        while running:
            deadline = min(worker.started for worker in running) + seconds_per_track
            ready = wait([worker.connection for worker in running], max(0.0, deadline - time.monotonic()))
            for worker in list(running):
                late = time.monotonic() - worker.started >= seconds_per_track
                if worker.connection not in ready and not late:
                    continue
                result = _received(worker) if worker.connection in ready else None
                if result is None:
                    running.remove(worker)
                    result = _lost(worker, seconds_per_track if worker.connection not in ready else None)
                    if pending:
                        running.append(_start(pending.popleft()))
                elif pending:
                    worker.hand_out(pending.popleft())
                else:
                    running.remove(worker)
                    worker.end()
                yield result
    finally:
        for worker in running:
            worker.end()


def _start(task: AnalysisTask) -> _Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "assets.library.analysis_worker", str(theirs.fileno()), str(os.getpid())]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env={**os.environ, **_SINGLE_THREADED}
        )
    worker = _Worker(process, Connection(ours.detach()), task, time.monotonic())
    worker.hand_out(task)
    return worker


def _received(worker: _Worker) -> AnalysisAnswer | None:
    """The answer of a worker, None where it died instead."""
    try:
        return worker.connection.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None


def _lost(worker: _Worker, limit: float | None) -> AnalysisAnswer:
    """The answer for a task whose process died (``limit`` None) or took too long."""
    seconds = time.monotonic() - worker.started
    status = worker.end()
    if limit is not None:
        why = f"its analysis took longer than {limit:g} s and was stopped"
    elif status < 0:
        why = f"its analysis was ended by {signal.Signals(-status).name}"
    else:
        why = f"the process that analysed it ended with status {status}"
    reason = f"{worker.task.title} could not be analysed: {why}; it will be tried again"
    return AnalysisAnswer(worker.task, None, reason, False, seconds)
