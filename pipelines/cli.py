"""The command line: `backbeat`.

Belongs here: commands, what they print, and turning errors into one sentence, a way out and an exit code. Does not
belong here: doing the work. The commands of the warehouse are in ``pipelines/cli_database.py``.
"""

import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import psycopg
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipelines import cli_database
from resources.failures import InputError
from resources.settings import load_settings

app = typer.Typer(
    help="A music data platform: assets made by Dagster, kept in PostgreSQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_database.db, name="db")
app.command()(cli_database.migrate)
app.command()(cli_database.dictionary)
app.command()(cli_database.export)

console = Console()
_STATE_STYLES = {"ok": "green", "lack": "yellow", "broken": "bold red"}


class Exit(IntEnum):
    """What an exit code says; 2 is a wrong command line (click)."""

    FINE = 0
    REFUSED = 1
    """The command cannot be done as it was asked; the message says why."""
    UNAVAILABLE = 69
    """A server that is needed does not answer."""
    DEFECT = 70
    """Something of ours broke; the message names the file that says where."""
    INTERRUPTED = 130


def _stop_on_signals() -> None:
    """Make SIGINT, SIGTERM and SIGHUP end the command in order, once; also where the shell had them ignored."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_: int, __: FrameType | None) -> NoReturn:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave orphans
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, stop)


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the web UI.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The UI has no login: keep to loopback.")
    ] = "127.0.0.1",
) -> None:
    """Run everything: database, web UI, schedules, sensors. Ctrl-C stops all of it."""
    from pipelines.dev import running_platform

    _stop_on_signals()
    settings = load_settings()
    with running_platform(
        settings, port, host=host, say=lambda sentence: console.print(sentence, style="dim")
    ) as platform:
        table = Table(show_header=False, box=None)
        table.add_row("web UI", platform.url)
        table.add_row("home", str(settings.home_path))
        table.add_row("music", settings.music or "not watched (BACKBEAT_MUSIC is not set)")
        table.add_row("logs", str(platform.logs))
        table.add_row("queries", "backbeat db psql")
        console.print(table)
        console.print("Everything runs. Ctrl-C stops it.", style="green")
        while True:
            signal.pause()


@app.command()
def demo() -> None:
    """Make a synthesised crate and sample feeds, take them through the whole graph, and render a mix."""
    from pipelines.demo import run_demo

    settings = load_settings()
    report = run_demo(settings, lambda sentence: console.print(sentence, style="dim", soft_wrap=True))
    table = Table("table", "rows", box=None, pad_edge=False)
    for name, rows in sorted(report.tables.items()):
        table.add_row(name, f"{rows:,}")
    console.print(table)
    if report.mix is not None:
        console.print(
            f"Mix: {report.mix.path} ({report.mix.seconds:.0f} s, {report.mix.transitions} transitions, "
            f"{report.mix.gates_failed} gates failed)",
            soft_wrap=True,
        )
    console.print(f"{report.seconds:.0f} s in all. Look around: backbeat dev, backbeat db psql.")
    for failure in report.failures:
        console.print(failure, style="red", soft_wrap=True)
    if report.failures:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def env() -> None:
    """Print the variables that the `dagster` command needs: eval "$(backbeat env)"."""
    from pipelines.instance import prepare

    for name, value in prepare(load_settings()).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def doctor(
    feeds: Annotated[bool, typer.Option("--feeds", help="Also ask every source of the catalogue.")] = False,
) -> None:
    """Say what is missing on this machine and what each lack costs; exit code 1 where something is broken."""
    from pipelines.doctor import State, examine

    settings = load_settings()
    table = Table("", "", "found", "cost and way out", box=None, pad_edge=False)
    broken = False
    for finding in examine(settings):
        broken |= finding.state is State.BROKEN
        state = f"[{_STATE_STYLES[finding.state]}]{finding.state}[/]"
        table.add_row(finding.subject, state, finding.detail, f"{finding.cost} {finding.remedy}".strip())
    console.print(table)
    if feeds:
        broken |= _probe_feeds()
    if broken:
        raise typer.Exit(Exit.REFUSED)


def _probe_feeds() -> bool:
    """Ask every source and print what it answers; return whether an enabled one fails."""
    from assets.industry.catalogue import load_catalogue
    from assets.industry.source_probe import Verdict, probe_sources
    from resources.http_client import HttpResource

    catalogue = load_catalogue(load_settings().catalogue)
    styles = {Verdict.WORKS: "green", Verdict.FAILS: "red", Verdict.NOT_ASKED: "dim"}
    table = Table("source", "", "status", "seconds", "note", box=None, pad_edge=False)
    problems = False
    with console.status("Asking the sources."):
        for probe in probe_sources(HttpResource().client(), catalogue, datetime.now(UTC).date()):
            problems |= probe.is_problem
            seconds = "" if probe.seconds is None else f"{probe.seconds:.1f}"
            verdict = f"[{styles[probe.verdict]}]{probe.verdict}[/]"
            table.add_row(probe.source.slug, verdict, str(probe.status or ""), seconds, probe.note)
    console.print(table)
    return problems


@app.command()
def failures() -> None:
    """Name the partitions that are failed right now; exit code 1 where there are any."""
    from assets.industry.catalogue import load_catalogue
    from pipelines.failed_partitions import SAMPLE_KEYS, failed_partitions
    from pipelines.instance import open_instance, prepare
    from pipelines.partitions import partitions_by_asset

    settings = load_settings()
    prepare(settings)
    with open_instance(settings) as instance:
        failed = failed_partitions(instance, partitions_by_asset(load_catalogue(settings.catalogue)))
    table = Table("asset", "failed", "latest", box=None, pad_edge=False)
    for name, keys in failed.items():
        table.add_row(name, str(len(keys)), ", ".join(keys[:SAMPLE_KEYS]))
    console.print(table if failed else "No partition is failed.")
    if failed:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def scan(
    folder: Annotated[str | None, typer.Argument(help="Folder or fsspec URL; unset: BACKBEAT_MUSIC.")] = None,
) -> None:
    """Register the audio files of a folder; a second scan reads only what changed."""
    from assets.library.definitions.scan import ScanProgress
    from assets.library.definitions.scan import scan as scan_folder
    from assets.library.file_access import NoSuchFolder
    from resources.database_server import warehouse_server_url
    from resources.migrate import migrate
    from resources.warehouse import Warehouse

    settings = load_settings()
    source = folder or settings.music
    if not source:
        raise InputError("No folder to scan was named.", "Give one: `backbeat scan FOLDER`, or set BACKBEAT_MUSIC.")
    url = warehouse_server_url(settings)
    migrate(url)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def show(progress: ScanProgress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        try:
            done = scan_folder(source, Warehouse(url), show)
        except NoSuchFolder as problem:
            raise InputError(str(problem)) from problem
    console.print(
        f"{done.found} files: {done.new} new, {done.changed} changed, {done.unchanged} as before, {done.gone} gone, "
        f"{done.dead_letters} refused (ops.dead_letters says why), in {done.seconds:.1f} s."
    )
    if done.batches:
        console.print(f"New intake batches: {', '.join(done.batches)}. `backbeat dev` analyses them.", soft_wrap=True)


@app.command()
def mix(
    file: Annotated[Path | None, typer.Argument(help="YAML or JSON file with the wish, one field a line.")] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", "-f", help="name=value, e.g. -f length_minutes=60 -f curve=build.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Make the same mix once more, under a new name.")] = False,
) -> None:
    """Ask for a mix of the tracks in the library; the running platform plans, renders and measures it."""
    from assets.mixes.definitions.submission import submit
    from assets.mixes.requests import parse_request
    from resources.database_server import warehouse_server_url
    from resources.migrate import migrate
    from resources.warehouse import Warehouse

    if file and field:
        raise InputError("A wish is given in a file and in fields at once.", "Write all of it into the file.")
    fields = "\n".join(f"{name}: {value}" for name, value in cli_database.pairs(field).items())
    request = parse_request(file.read_text(encoding="utf-8") if file else fields, str(file or "the request"))
    url = warehouse_server_url(load_settings())
    migrate(url)
    request_id = submit(Warehouse(url), request, again=again)
    console.print(request_id, soft_wrap=True)
    Console(stderr=True, soft_wrap=True).print(
        f"`backbeat dev` makes it; its state: backbeat db psql -c \"SELECT api.mix('{request_id}')\"", style="dim"
    )


def _explain(error: Exception) -> tuple[str, Exit]:
    """Say in one sentence and a way out what an error means."""
    match error:
        case InputError():
            return str(error), Exit.REFUSED
        case ValidationError():
            first = error.errors()[0]
            name = "BACKBEAT_" + "_".join(str(part) for part in first["loc"]).upper()
            return f"The setting {name} is not usable ({first['msg']}). Correct or unset it.", Exit.REFUSED
        case psycopg.OperationalError():
            reason = str(error).strip().splitlines()[0]
            return f"The database does not answer ({reason}). See `backbeat doctor`.", Exit.UNAVAILABLE
        case OSError():
            where = f" ({error.filename})" if error.filename else ""
            return f"{error.strerror or error}{where}. Check the path and its permissions.", Exit.REFUSED
        case _:
            path = load_settings().home_path / "logs" / "backbeat-error.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            return f"Something broke inside Backbeat ({type(error).__name__}: {error}). {path} says where.", Exit.DEFECT


def run(command: Callable[[], object]) -> int:
    """Run a command and return its exit code; whatever goes wrong is told on stderr in one sentence."""
    try:
        command()
    except SystemExit as end:  # typer's own end, e.g. of --help or a wrong argument
        return end.code if isinstance(end.code, int) else Exit.FINE if end.code is None else Exit.REFUSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # the last place where any error can be told to a person
        sentence, code = _explain(error)
        Console(stderr=True, soft_wrap=True).print(f"[bold red]error[/] {sentence}", highlight=False)
        return code
    return Exit.FINE


def main() -> None:
    """Entry point of the `backbeat` script."""
    code = run(app)
    sys.stdout.flush()
    sys.exit(int(code))
