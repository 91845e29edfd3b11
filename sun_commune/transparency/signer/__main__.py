"""The signer's commands.

    python -m sun_commune.transparency.signer init    --state DIR --origin sun.example/ledger
    python -m sun_commune.transparency.signer run     --state DIR --publish DIR --database URL [--every 60] [--once]
    python -m sun_commune.transparency.signer rotate  --state DIR        a new key beside the old; both sign
    python -m sun_commune.transparency.signer retire  --state DIR        the old key ends
    python -m sun_commune.transparency.signer catch-up --state DIR --publish DIR --database URL   after a restore
    python -m sun_commune.transparency.signer request --state DIR --publish DIR --database URL --witness NAME
    python -m sun_commune.transparency.signer cosigned --state DIR --publish DIR FILE

The witnesses stand in DIR/policy of the state (C2SP tlog-policy). docs/transparency.md tells how it all fits together.
Exit status 2: refused, and the site shows an alarm; 1: the command cannot be carried out; 0: done.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sun_commune.transparency import notes
from sun_commune.transparency.notes import Checkpoint, Malformed
from sun_commune.transparency.quorum import Policy
from sun_commune.transparency.signer import asking, publishing, reading
from sun_commune.transparency.signer import state as memory
from sun_commune.transparency.signer.state import Refusal, State, Usage

DAY = 24 * 3600
#: All leaves are read anew each time as long as that takes less than these seconds, which some hundred thousand leaves
#: do; with more of them so often that it takes about this share of the time, and at least once a day.
SHORT = 2.0
SHARE = 0.02


def sign_once(
    folder: Path,
    engine: Engine,
    publish: Path,
    *,
    post: asking.Post = asking.post,
    say: Callable[[str], None] = print,
    now: Callable[[], float] = time.time,
) -> Checkpoint:
    """Sign what was sealed since; what is signed now (size 0: nothing yet). Refusal if the log is not what it was."""
    with memory.alone(folder):
        state = State.read(folder)
        policy = read_policy(folder)
        try:
            with engine.connect() as connection:
                return _sign(connection, state, policy, publish, post=post, say=say, now=now)
        except Refusal as reason:
            publishing.alarm(publish, str(reason), now(), state.frontier.size)
            raise


def _sign(
    connection: Connection, state: State, policy: Policy, publish: Path, *, post: asking.Post,
    say: Callable[[str], None], now: Callable[[], float],
) -> Checkpoint:  # fmt: skip
    publishing.refuse_old_state(state, publish)
    reading.refuse_shrunk(connection, state)
    _check_all_in_turn(connection, state, now)
    tree = reading.read_new(connection, state)
    if tree is not None:
        state.frontier = tree
        state.write()
    note = state.note()
    if state.frontier.size:
        shown = publishing.published_note(publish)
        before = dict(state.witnessed)
        if shown is not None and shown.text == note.text:
            note = note.plus(*(signature for signature in shown.signatures if signature.name != state.origin))
        note = asking.cosigned(connection, state, policy, note, post=post, say=say)
        if state.witnessed != before:
            state.write()
    publishing.publish(state, policy, publish, note, now())
    publishing.tell(state, policy, publish, note if state.frontier.size else None, now())
    return Checkpoint(state.origin, state.frontier.size, state.frontier.root())


def _check_all_in_turn(connection: Connection, state: State, now: Callable[[], float]) -> None:
    started = now()
    passed = started - state.checked_at
    # A clock that was set back must not put the check off for ever.
    if state.check_seconds > SHORT and 0 <= passed < min(DAY, state.check_seconds / SHARE):
        return
    reading.check_all(connection, state)
    state.checked_at, state.check_seconds = started, now() - started
    state.write()


def read_policy(folder: Path) -> Policy:
    path = folder / "policy"
    text = path.read_text(encoding="utf-8") if path.exists() else "quorum none\n"
    try:
        return Policy.read(text)
    except Malformed as reason:
        raise Usage(str(reason)) from reason


def run(options: argparse.Namespace) -> None:
    """Until it is ended; with --once a single time, and then a refusal is the exit status."""
    with opened(options) as engine:
        sign_on(options, engine)


@contextlib.contextmanager
def opened(options: argparse.Namespace) -> Iterator[Engine]:
    engine = reading.open_database(_needed(options, "database"))
    try:
        yield engine
    finally:
        engine.dispose()


def sign_on(options: argparse.Namespace, engine: Engine) -> None:
    publish, signed = Path(_needed(options, "publish")), -1
    while True:
        try:
            checkpoint = sign_once(options.state, engine, publish, say=lambda words: print(words, file=sys.stderr))
            if checkpoint.size != signed:
                print(f"signed {checkpoint.size} {notes.to_base64(checkpoint.root)}", flush=True)
            signed = checkpoint.size
        except (Refusal, Usage, DBAPIError, OSError) as reason:
            if options.once:
                raise
            print(f"NOT SIGNED: {reason}", file=sys.stderr, flush=True)
        if options.once:
            return
        time.sleep(options.every)


def catch_up(options: argparse.Namespace) -> None:
    """A memory that was restored from a copy takes over what it signed itself after that copy was made. Nothing is
    signed; Refusal if the published checkpoint is not the signer's own, or not what the leaves give."""
    publish = Path(_needed(options, "publish"))
    with memory.alone(options.state), opened(options) as engine, engine.connect() as connection:
        state, note = State.read(options.state), publishing.published_note(publish)
        if note is None or not any(key.has_signed(note) for key in state.public_keys()):
            raise Refusal("nothing is published that this signer has signed")
        shown, tree = Checkpoint.read(note.text), state.frontier.copy()
        reading.grow(connection, tree, shown.size, heed=lambda leaf: reading.heed_key(state, leaf))
        if (tree.size, tree.root()) != (shown.size, shown.root):
            raise Refusal("the leaves do not give what was published")
        state.frontier = tree
        state.write()
    print(f"knows of {shown.size} leaves again")


def request(options: argparse.Namespace) -> None:
    """For a witness without an address: what its owner gives to ``sunwitness.py sign``."""
    policy, note = read_policy(options.state), publishing.published_note(Path(_needed(options, "publish")))
    if options.witness not in policy.witnesses or note is None:
        raise Usage("--witness names nobody in the policy, or nothing is published yet")
    state = State.read(options.state)
    if note.text != state.note().text:
        raise Usage("what is published is not what was signed last; run the signer once")
    with opened(options) as engine, engine.connect() as connection:
        sys.stdout.buffer.write(asking.request_of(connection, state, options.known, note))


def cosigned(options: argparse.Namespace) -> None:
    with memory.alone(options.state):
        policy = read_policy(options.state)
        lines = Path(_needed(options, "file")).read_text(encoding="utf-8")
        grown = publishing.add_by_hand(policy, Path(_needed(options, "publish")), lines)
    if not grown:
        raise Usage("these lines are under no published checkpoint, by no witness of the policy, or there already")
    print("added to: " + ", ".join(grown))


def _needed(options: argparse.Namespace, name: str) -> str:
    value = getattr(options, name)
    if not value:
        raise Usage(f"--{name} is missing" if name != "file" else "the file is missing")
    return str(value)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="signer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["init", "run", "rotate", "retire", "catch-up", "request", "cosigned"])
    parser.add_argument("file", nargs="?", default="")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--publish", default="")
    parser.add_argument("--origin", default="")
    parser.add_argument(
        "--database", default=os.environ.get("SUN_LOG_DATABASE_URL", ""), help="or SUN_LOG_DATABASE_URL"
    )
    parser.add_argument("--every", type=int, default=60, help="seconds")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--witness", default="", help="its name in the policy")
    parser.add_argument("--known", type=int, default=0, help="the size that this witness cosigned last")
    return carry_out(parser.parse_intermixed_args(arguments))


def carry_out(options: argparse.Namespace) -> int:
    try:
        if options.what == "init":
            print(memory.init(options.state, options.origin))
        elif options.what in {"rotate", "retire"}:
            print(getattr(memory, options.what)(options.state))
        else:
            {"run": run, "catch-up": catch_up, "request": request, "cosigned": cosigned}[options.what](options)
    except Refusal as reason:
        print(f"NOT SIGNED: {reason}", file=sys.stderr)
        return 2
    except (Usage, Malformed, OSError, DBAPIError) as reason:
        print(f"signer: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
