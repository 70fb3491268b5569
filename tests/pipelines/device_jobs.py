"""Jobs for the executor's tests, loaded by real run workers and steps: each step records when and where it ran."""

import json
import os
import signal
import time
from pathlib import Path

import dagster as dg

from pipelines.gpu_executor import gpu_executor


def _record(step: str, began: float) -> None:
    entry = {
        "step": step,
        "device": os.environ["CUDA_VISIBLE_DEVICES"],
        "kind": os.environ["BACKBEAT_DEVICE"],
        "began": began,
        "ended": time.time(),
    }
    path = Path(os.environ["RECORD_FOLDER"]) / f"{step}-{os.getpid()}.json"
    path.write_text(json.dumps(entry))


def _step(number: int) -> dg.OpDefinition:
    @dg.op(name=f"step_{number}")
    def op(context: dg.OpExecutionContext) -> None:
        began = time.time()
        time.sleep(0.5)
        _record(f"{context.run_id}-{context.op.name}", began)

    return op


@dg.job(executor_def=gpu_executor)
def six_steps() -> None:
    for number in range(6):
        _step(number)()


@dg.op(retry_policy=dg.RetryPolicy(max_retries=1))
def dies_once(context: dg.OpExecutionContext) -> None:
    began = time.time()
    if context.retry_number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    _record("dies_once", began)


@dg.job(executor_def=gpu_executor)
def killed_step() -> None:
    dies_once()


@dg.job(executor_def=gpu_executor)
def two_steps() -> None:
    for number in range(2):
        _step(number)()


@dg.op(tags={"backbeat/device": "cpu"})
def on_the_cpu() -> None:
    _record("on_the_cpu", time.time())


@dg.job(executor_def=gpu_executor)
def cpu_step() -> None:
    on_the_cpu()


defs = dg.Definitions(jobs=[six_steps, two_steps, killed_step, cpu_step])
