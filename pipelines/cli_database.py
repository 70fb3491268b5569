"""The part of the command line that concerns the warehouse: `db ...`, `migrate`, `dictionary`, `export`.

Belongs here: reading arguments and saying what was done. Does not belong here: doing it (``resources``), or turning
errors into exit codes (``pipelines.cli``, which mounts these).
"""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from resources import postgres_server
from resources.database_server import dagster_server_url, warehouse_server_url
from resources.database_url import DAGSTER_DATABASE, WAREHOUSE_DATABASE, conninfo, shown
from resources.failures import InputError
from resources.postgres_files import program_folder
from resources.settings import Settings, load_settings

db = typer.Typer(help="The database server: start, stop, look inside, back up.", no_args_is_help=True)
console = Console()

NOT_RUNNING = 3
"""Exit code of `db status` where the server is down, as of `systemctl status`."""


def _embedded(settings: Settings) -> Path:
    """Return the home of the embedded server, or refuse where another server is configured."""
    if settings.database_url is not None:
        raise InputError(
            f"The database server is {shown(settings.database_url.get_secret_value())}, which Backbeat does not run.",
            "Start and stop it where it lives, or unset BACKBEAT_DATABASE_URL to use the embedded server.",
        )
    return settings.home_path


def _urls(settings: Settings) -> dict[str, str]:
    return {WAREHOUSE_DATABASE: warehouse_server_url(settings), DAGSTER_DATABASE: dagster_server_url(settings)}


@db.command()
def start() -> None:
    """Start the embedded server; it runs until `stop`, whoever started it."""
    console.print(f"running at {shown(postgres_server.start(_embedded(load_settings())))}", soft_wrap=True)


@db.command()
def stop() -> None:
    """Stop the embedded server, ending its sessions."""
    console.print("stopped" if postgres_server.stop(_embedded(load_settings())) else "was not running")


@db.command()
def status() -> None:
    """Say whether the embedded server runs, and where its files are; exit code 3 where it does not."""
    found = postgres_server.status(_embedded(load_settings()))
    console.print(f"{'running' if found.running else 'not running'}" + (f", process {found.pid}" if found.pid else ""))
    console.print(f"url   {shown(found.url)}\ndata  {found.data}\nlog   {found.log}", soft_wrap=True)
    if not found.running:
        raise typer.Exit(NOT_RUNNING)


@db.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the warehouse; further arguments are passed on, e.g. `db psql -c "TABLE library.tracks"`."""
    options = conninfo_to_dict(conninfo(warehouse_server_url(load_settings())))
    password = options.pop("password", None)
    program = str(program_folder() / "psql")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    os.execve(program, [program, f"--dbname={make_conninfo('', **options)}", *context.args], environment)  # noqa: S606


@db.command()
def backup(file: Annotated[Path, typer.Argument(help="File to write; it appears only when it is complete.")]) -> None:
    """Write the warehouse and Dagster's storage to one file."""
    from resources.database_backup import backup as write_backup

    size = write_backup(_urls(load_settings()), file)
    console.print(f"{file}: {size:,} bytes", soft_wrap=True)


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File that `db backup` wrote.")],
    force: Annotated[bool, typer.Option(help="Also where the databases hold rows, which are lost then.")] = False,
) -> None:
    """Bring the warehouse and Dagster's storage back to what a backup holds."""
    from resources.database_backup import restore as read_backup

    read_backup(_urls(load_settings()), file, force=force)
    console.print(f"restored from {file}", soft_wrap=True)


def migrate() -> None:
    """Bring the warehouse to this version's schema; doing it again changes nothing."""
    from resources.migrate import migrate as migrate_database

    url = warehouse_server_url(load_settings())
    done = migrate_database(url)
    console.print(f"{shown(url)} is at revision {done.revision}", soft_wrap=True)
    if done.scripts:
        console.print(f"applied {', '.join(done.scripts)}", soft_wrap=True)


def dictionary(
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Root of a source tree: renew its snapshot and its page instead of printing.")
    ] = None,
) -> None:
    """Print the data dictionary as the database has it."""
    from resources.dictionary import PAGE, SNAPSHOT, as_json, as_markdown, read_catalogue
    from resources.warehouse import Warehouse

    found = read_catalogue(Warehouse(warehouse_server_url(load_settings())))
    if write is not None:
        (write / "sql" / SNAPSHOT).write_text(as_json(found), encoding="utf-8")
        (write / PAGE).write_text(as_markdown(found), encoding="utf-8")
        console.print(f"wrote {len(found.tables)} tables and {len(found.functions)} functions")
        return
    # not through rich: it would wrap the lines and read brackets as markup
    typer.echo(as_json(found) if json else as_markdown(found), nl=False)


def export(
    name: Annotated[str, typer.Argument(help="A table (library.tracks) or an api function (api.news).")],
    file: Annotated[Path, typer.Argument(help="File to write; it appears only when it is complete.")],
    format: Annotated[Literal["parquet", "csv", "jsonl"], typer.Option(help="Format of the file.")] = "parquet",
    where: Annotated[
        list[str] | None, typer.Option(help="column=value: only rows of this partition; may be given again.")
    ] = None,
    argument: Annotated[
        list[str] | None, typer.Option(help="name=value: an argument of the api function; may be given again.")
    ] = None,
) -> None:
    """Write a table, one of its partitions or the answer of an api function to a file."""
    from resources.export import export_rows
    from resources.warehouse import Warehouse

    warehouse = Warehouse(warehouse_server_url(load_settings()))
    rows = export_rows(warehouse, name, file, format, pairs(where), pairs(argument))
    console.print(f"{file}: {rows:,} rows", soft_wrap=True)


def pairs(texts: list[str] | None) -> dict[str, str]:
    """Read options of the form ``name=value``.

    Raises:
        InputError: one of them has another form.
    """
    by_name = {}
    for text in texts or ():
        name, found, value = text.partition("=")
        if not found or not name:
            raise InputError(f"{text!r} is not of the form name=value.", "Write it so, e.g. seed=1.")
        by_name[name] = value
    return by_name
