"""``python -m tests.faults.worker URL FOLDER TOWN``: does the acts in children that the test may kill.

Loading the application takes seconds, so it is loaded once here and forked for each round. Of a line on standard input
it does one: ``round NAME TIMES`` forks a child and says ``child PID``; the child connects, says ``waiting`` and begins
at the next line (so that somebody can trace it first). The child says what is committed, line by line; then comes
``ended STATUS``. Status 3: an act was refused by an error of the database. TIMES 0 goes on until it is killed.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from itertools import count
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from sun_commune.core.db import db
from tests.app import make_app
from tests.faults.acts import give_and_spend

REFUSED = 3


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def be_child(app: Flask, town: dict[str, int], name: str, times: int) -> int:
    with app.app_context():
        db.session.execute(select(1))
        db.session.rollback()
        say("waiting")
        sys.stdin.readline()
        for number in range(times) if times else count():
            try:
                give_and_spend(town, f"{name}X{number}", say)
            except DBAPIError as error:
                say(f"error {type(error).__name__}")
                return REFUSED
    return 0


def main() -> None:
    url, folder, town = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    app = make_app(folder, url)  # connects to nothing yet: each child has connections of its own
    say("ready")
    while line := sys.stdin.readline():
        _round, name, times = line.split()
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(read_end, 0)
            sys.stdin = os.fdopen(0)
            status = 1
            try:
                status = be_child(app, town, name, int(times))
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(status)
        say(f"child {pid}")
        os.close(read_end)
        os.write(write_end, sys.stdin.readline().encode())
        os.close(write_end)
        _pid, status = os.waitpid(pid, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
