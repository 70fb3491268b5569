"""The process that analyses one track after another: ``python -m assets.library.analysis_worker SOCKET PARENT_PID``.

Belongs here: one task and its answer, and the loop that serves them. Does not belong here: the analysis itself
(``assets.library.analysis``), starting and killing such processes (``assets.library.analysis_pool``).
"""

import os
import socket
import sys
import time
from multiprocessing.connection import Connection

from assets.library.analysis_task import AnalysedTrack, AnalysisAnswer, AnalysisTask
from resources.processes import die_with_parent


def answer(task: AnalysisTask) -> AnalysisAnswer:
    """Analyse one track; whatever goes wrong is in the answer."""
    from assets.library.decode import UnusableAudio

    started = time.monotonic()
    try:
        track = _analysed(task)
    except UnusableAudio as refusal:
        return AnalysisAnswer(task, None, str(refusal), True, time.monotonic() - started)
    except Exception as failure:  # one track must not take the others of its batch with it
        reason = f"{task.title} could not be analysed: {type(failure).__name__}: {failure}; it will be tried again"
        return AnalysisAnswer(task, None, reason, False, time.monotonic() - started)
    return AnalysisAnswer(task, track, "", False, time.monotonic() - started)


def _analysed(task: AnalysisTask) -> AnalysedTrack:
    from assets.library.analysis import analyse_file
    from assets.library.analysis_arrays import arrays_to_parquet
    from assets.library.file_access import local_copy
    from assets.library.track_picture import track_picture

    failure: OSError | None = None
    for uri in task.uris:
        try:
            with local_copy(uri) as path:
                # Opened first: what is missing or forbidden is a matter of this copy, not of the audio.
                path.open("rb").close()
                analysis = analyse_file(path)
        except OSError as problem:
            failure = problem
            continue
        return AnalysedTrack(analysis, arrays_to_parquet(analysis), track_picture(analysis, task.title))
    raise failure or FileNotFoundError("no copy of it is left")


def serve(connection: "Connection[AnalysisAnswer, AnalysisTask | None]") -> None:
    """Answer tasks until None comes or the other end is gone."""
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        if task is None:
            return
        connection.send(answer(task))


def main(arguments: list[str]) -> None:
    """Run the worker on ``[SOCKET, PARENT_PID]``."""
    die_with_parent(int(arguments[1]))
    # Decoders and their libraries print; the socket is ours alone, and stdout belongs to the step.
    os.dup2(2, 1)
    with socket.socket(fileno=int(arguments[0])) as end:
        serve(Connection(end.detach()))


if __name__ == "__main__":
    main(sys.argv[1:])
