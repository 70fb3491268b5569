"""What `backbeat doctor` looks at: what is missing on this machine, what each lack costs, and the way out.

Belongs here: findings. Does not belong here: printing them (``pipelines/cli.py``), asking the sources of the catalogue
(``assets/industry/source_probe.py``).
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import fsspec

from resources import postgres_server
from resources.database_server import check_server
from resources.database_url import shown
from resources.devices import available_cores, cpu_slots, gpu_devices, gpu_slots
from resources.failures import InputError
from resources.migrate import is_current
from resources.settings import Settings

WEIGHT_PATTERNS = ("*.th", "*.safetensors", "*.onnx", "*.pt")
"""Files that hold model weights."""

LANGUAGE_MODEL_KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DEEPSEEK_API_KEY")
"""Variables under which the providers' own libraries look for a key."""


class State(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    LACK = "lack"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what it is.
        state: a lack costs something; what is broken stops the platform.
        detail: what was found.
        cost: what the lack costs; empty where there is none.
        remedy: the way out; empty where none is needed.
    """

    subject: str
    state: State
    detail: str
    cost: str = ""
    remedy: str = ""


def _database(settings: Settings) -> Finding:
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        try:
            check_server(url)
        except InputError as error:
            return Finding("database", State.BROKEN, error.problem, "Nothing runs without it.", error.remedy)
        return _schema(url)
    status = postgres_server.status(settings.home_path)
    if status.running:
        return _schema(status.url)
    return Finding("database", State.OK, f"embedded, under {status.data}; not running, it starts when it is needed")


def _schema(url: str) -> Finding:
    if is_current(url):
        return Finding("database", State.OK, f"{shown(url)}, schema of this version")
    cost, remedy = "Runs fail on what is not there yet.", "Run `backbeat migrate`."
    return Finding("database", State.LACK, f"{shown(url)}, schema of another version", cost, remedy)


def _devices(settings: Settings) -> Finding:
    cpu = len(cpu_slots(settings.cpu_slots))
    cores = f"{cpu} CPU slot(s) on {available_cores()} core(s)"
    try:
        devices = gpu_devices(settings.devices, os.environ.get("CUDA_VISIBLE_DEVICES"))
    except ValueError as error:
        cost = "The audio jobs do not start."
        return Finding("GPU", State.BROKEN, str(error), cost, "Correct BACKBEAT_DEVICES, or unset it.")
    if devices:
        slots = len(gpu_slots(devices, settings.device_slots))
        return Finding("GPU", State.OK, f"device(s) {', '.join(devices)}: {slots} step(s) at once, and {cores}")
    cost = f"Audio steps run on {cores}: analysis keeps up, separation and training take many times longer."
    return Finding("GPU", State.LACK, "none that torch sees", cost, "Add one, or leave it so: results are the same.")


def _weights(settings: Settings) -> Finding:
    folder = settings.models_path
    found = sorted(path.name for pattern in WEIGHT_PATTERNS for path in folder.rglob(pattern))
    if found:
        return Finding("model weights", State.OK, f"{len(found)} file(s) under {folder}")
    cost = "What needs a pretrained model (separation into stems) is not made; analysis and mixing need none."
    return Finding("model weights", State.LACK, f"none under {folder}", cost, f"Put weight files under {folder}.")


def _ffmpeg(_: Settings) -> Finding:
    program = shutil.which("ffmpeg")
    if program:
        return Finding("ffmpeg", State.OK, program)
    return Finding("ffmpeg", State.OK, "not installed, and not needed: the decoders are part of the installation")


def _language_models(_: Settings, environment: Mapping[str, str] = os.environ) -> Finding:
    found = [name for name in LANGUAGE_MODEL_KEYS if environment.get(name)]
    if found:
        return Finding("API keys", State.OK, ", ".join(found))
    cost = "Summaries are extracted and impact is scored by rules; the method columns say so."
    return Finding("API keys", State.LACK, "no key of a language model", cost)


def _music(settings: Settings) -> Finding:
    if not settings.music:
        cost, remedy = "No audio is found by itself.", "Set BACKBEAT_MUSIC to a folder, or run `backbeat scan FOLDER`."
        return Finding("music", State.LACK, "BACKBEAT_MUSIC is not set", cost, remedy)
    try:
        system, path = fsspec.core.url_to_fs(settings.music)
        there = system.isdir(path)
    except (OSError, ValueError, ImportError) as error:
        return Finding("music", State.BROKEN, f"{settings.music}: {error}", "No audio is found.", "Correct it.")
    if there:
        return Finding("music", State.OK, settings.music)
    return Finding("music", State.BROKEN, f"{settings.music} is no folder", "No audio is found.", "Correct it.")


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.home_path, *settings.home_path.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free under {folder}"
    if free >= SCARCE_BYTES:
        return Finding("disk", State.OK, detail)
    cost = "Rendered mixes and stems may not fit."
    return Finding("disk", State.LACK, detail, cost, "Make room, or set BACKBEAT_HOME or BACKBEAT_STORE elsewhere.")


SCARCE_BYTES = 5_000_000_000
"""Free space under which one evening of mixes and stems is in doubt: an hour of 24-bit stereo is 1 GB."""

_LOOKS: tuple[Callable[[Settings], Finding], ...] = (
    _database,
    _devices,
    _weights,
    _ffmpeg,
    _language_models,
    _music,
    _disk,
)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, without changing or starting anything."""
    for look in _LOOKS:
        yield look(settings)
