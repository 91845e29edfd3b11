#!/usr/bin/env python3
"""Sun Commune's commands. Needs Python 3.11 or newer with pip, and nothing else.

    python3 sun.py demo [--port N] [--fresh]        serve the site with demo data on 127.0.0.1
    python3 sun.py test [--browser] [pytest ...]    run the tests (all of them, or what pytest is told)
    python3 sun.py lint                             run every checker
    python3 sun.py bench [...]                      run the benchmarks

Each command first makes .venv and installs the locked packages that it needs; a second start skips that.

This file keeps to a syntax that even Python 2 can read, so that an old Python says one clear sentence.
"""

from __future__ import print_function

import os
import sys

OLDEST_PYTHON = (3, 11)


def newer_python():
    """The name of a Python on the PATH that is new enough, to be named to somebody who used an old one."""
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            name = "python3.{0}".format(minor)
            if os.access(os.path.join(folder, name), os.X_OK):
                return name
    return None


if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        "Sun Commune needs Python 3.11 or newer, and this is Python {0}.{1}. Start it with a newer one: {2} {3}".format(
            sys.version_info[0], sys.version_info[1], newer_python() or "python3.11", " ".join(sys.argv)
        )
    )

import argparse
import contextlib
import hashlib
import importlib.util
import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "installed.json")
RUNTIME, TEST, BROWSER, LINT = (
    "requirements.txt",
    "requirements-test.txt",
    "requirements-browser.txt",
    "requirements-lint.txt",
)
EXTRAS = ("requirements-pdf.txt", "requirements-gateways.txt")
DEFAULT_PORT = 8000
MADE_BY_DEMO = "made-by-demo"
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROME_ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# What pip says, in its many words, when it cannot reach an index.
NO_NETWORK = re.compile(
    "connection broken|Failed to establish|Name or service not known|name resolution|Network is unreachable"
    "|timed out|ProxyError|Connection refused|getaddrinfo failed",
    re.IGNORECASE,
)


class Stop(Exception):
    """Nothing more can be done; the message is one sentence for the person at the keyboard."""


def say(text=""):
    print(text, flush=True)


# --- The environment --------------------------------------------------------------------------------------


def venv_python():
    """The Python inside .venv, whether or not it is there."""
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *inside)


def prepare(locks):
    """Make .venv hold exactly the packages that ``locks`` name. Costs nothing when it does already."""
    with only_one_at_a_time():
        stamps = read_stamps()
        missing = [lock for lock in locks if stamps.get(lock) != fingerprint(lock)]
        if not missing:
            return
        if not has_usable_venv():
            make_venv()
            stamps = {}
            missing = locks
        install(missing)
        stamps.update((lock, fingerprint(lock)) for lock in missing)
        write_stamps(stamps)


def fingerprint(lock):
    """Changes with the lock's words and with the Python that the packages were chosen for."""
    with open(os.path.join(ROOT, lock), "rb") as handle:
        words = handle.read()
    return hashlib.sha256(words + python_version().encode()).hexdigest()


def python_version():
    return "{0}.{1}".format(*sys.version_info)


def read_stamps():
    """Which lock was installed in which state; empty when .venv is gone or another Python's."""
    try:
        with open(STAMP) as handle:
            return json.load(handle) if has_usable_venv() else {}
    except (OSError, ValueError):
        return {}


def write_stamps(stamps):
    with open(STAMP + ".new", "w") as handle:
        json.dump(stamps, handle, indent=1, sort_keys=True)
    os.replace(STAMP + ".new", STAMP)


def has_usable_venv():
    """Whether .venv was made by a Python of our version that still stands where it stood."""
    try:
        with open(os.path.join(VENV, "pyvenv.cfg")) as handle:
            made_by = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", handle.read(), re.MULTILINE)
    except OSError:
        return False
    return bool(made_by) and made_by.group(1) == python_version() and os.path.exists(venv_python())


def make_venv():
    """Debian may come without ensurepip; then our own pip installs into the new environment from outside."""
    say("Making .venv with Python {0} ...".format(python_version()))
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if has_ensurepip and run_quietly(command)[0] == 0:
        return
    status, words = run_quietly(command + ["--without-pip"])
    if status:
        raise Stop("Python cannot make a virtual environment in {0}: {1}".format(VENV, last_line(words)))


def pip_command():
    """pip inside .venv, or ours working on it from outside."""
    inside = [venv_python(), "-m", "pip"]
    if run_quietly(inside + ["--version"])[0] == 0:
        return inside
    outside = [sys.executable, "-m", "pip", "--python", venv_python()]
    if run_quietly([sys.executable, "-m", "pip", "--version"])[0] == 0:
        return outside
    raise Stop("This Python has no pip; install it (on Debian: apt install python3-pip) and try again.")


def install(locks):
    """pip with hashes and ready-made wheels alone; shows how far it is, and its words only if it fails."""
    total = sum(len(re.findall("^[a-z0-9]", read_lock(lock), re.MULTILINE)) for lock in locks)
    say("Installing up to {0} packages into .venv; the first time takes a minute or so ...".format(total))
    command = pip_command() + ["install", "--require-hashes", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off"]
    for lock in locks:
        command += ["-r", os.path.join(ROOT, lock)]
    environment = dict(os.environ, PYTHONUTF8="1")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as pip:
        words = show_progress(pip.stdout, total)
    if pip.returncode:
        raise Stop(what_pip_meant(words))


def show_progress(lines, total):
    """Count the packages that pip names; returns all that it said."""
    words, done, width = [], 0, 0
    for line in lines:
        words.append(line)
        named = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
        if named:
            done += 1
        news = "  {0} of {1}: {2}".format(done, total, named.group(1)) if named else None
        if line.startswith("Installing collected"):
            news = "  all fetched, unpacking ..."
        if news and sys.stdout.isatty():
            print("\r" + news.ljust(width), end="", flush=True)
            width = len(news)
        elif news and (not named or done % 10 == 0):
            say(news)
    if sys.stdout.isatty():
        say()
    return "".join(words)


def what_pip_meant(words):
    if NO_NETWORK.search(words):
        return (
            "The packages cannot be fetched, because no package index answers: check the network"
            " (or pip's proxy and index settings) and start again."
        )
    errors = [line for line in words.splitlines() if line.startswith("ERROR")]
    return "pip could not install the packages: {0}".format((errors or [last_line(words)])[0])


def read_lock(lock):
    with open(os.path.join(ROOT, lock)) as handle:
        return handle.read()


@contextlib.contextmanager
def only_one_at_a_time():
    """Two commands started together must not install over each other; the second waits."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(os.path.join(ROOT, ".venv.lock"), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another sun.py that is preparing .venv ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run_quietly(command):
    """Exit status and all words of a program."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def last_line(words):
    lines = words.strip().splitlines()
    return lines[-1] if lines else "it did not say why"


def in_venv(*arguments, **options):
    """Run the environment's Python from the checkout's root; returns its exit status."""
    environment = dict(os.environ, PYTHONUTF8="1", **options)
    return subprocess.run([venv_python()] + list(arguments), cwd=ROOT, env=environment, check=False).returncode


# --- demo -------------------------------------------------------------------------------------------------


def demo(arguments):
    parser = argparse.ArgumentParser(prog="sun.py demo", description="Serve the site with demo data.")
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--fresh", action="store_true", help="throw the earlier demo's data away first")
    options = parser.parse_args(arguments)
    check_port(options.port)
    instance = os.path.abspath(os.environ.get("SUN_INSTANCE_PATH") or os.path.join(ROOT, "instance"))
    if options.fresh:
        empty_instance(instance)
    prepare([RUNTIME])
    claim_instance(instance)
    settings = {"SUN_INSTANCE_PATH": instance, "SUN_DEMO": "1"}
    settings["SUN_BASE_URL"] = os.environ.get("SUN_BASE_URL") or local_address(options.port)
    say("Preparing the database ...")
    flask(settings, "db", "upgrade")
    say("Filling in the demo's villages, people and needs (what is there stays) ...")
    flask_aloud(settings, "demo-data")
    accounts = flask(settings, "demo-accounts")
    return serve(options.port, instance, settings, accounts)


def port_number(text):
    if not re.match("[0-9]{1,5}$", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535, not {0!r}".format(text))
    return int(text)


def check_port(port):
    """Known before the long work begins: somebody else may be listening there."""
    with socket.socket() as trial:
        if os.name == "posix":  # on Windows this option would let two servers share a port
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
            return
        except PermissionError:
            problem = "You may not open port {0}; choose another with --port N."
        except OSError:
            problem = "Port {0} is in use; choose another with --port N."
    raise Stop(problem.format(port))


def local_address(port):
    return "http://127.0.0.1:{0}".format(port)


def claim_instance(instance):
    """Mark a folder that the demo begins to fill, so that --fresh never empties somebody's real data."""
    os.makedirs(instance, exist_ok=True)
    if set(os.listdir(instance)) <= {".gitkeep"}:
        with open(os.path.join(instance, MADE_BY_DEMO), "w") as handle:
            handle.write("sun.py demo made what is here; --fresh throws it away.\n")


def empty_instance(instance):
    if os.environ.get("SUN_DATABASE_URL"):
        raise Stop("--fresh empties the instance folder; empty the database that SUN_DATABASE_URL names yourself.")
    names = set(os.listdir(instance)) - {".gitkeep"} if os.path.isdir(instance) else set()
    if not names:
        return
    if MADE_BY_DEMO not in names:
        raise Stop("{0} was not made by the demo, so --fresh leaves it alone; empty it yourself.".format(instance))
    # The mark goes last: a broken-off emptying can be taken up again.
    for name in sorted(names, key=lambda each: each == MADE_BY_DEMO):
        path = os.path.join(instance, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def flask(settings, *command):
    """Run one flask command to its end; returns what it printed."""
    return run_flask(settings, command, subprocess.PIPE)


def flask_aloud(settings, *command):
    """As flask, but the command prints here while it works."""
    run_flask(settings, command, None)


def run_flask(settings, command, output):
    done = subprocess.run(
        [venv_python(), "-m", "flask", "--app", "sun_commune"] + list(command),
        cwd=ROOT,
        env=dict(os.environ, PYTHONUTF8="1", PYTHONUNBUFFERED="1", **settings),
        stdout=output,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise Stop("'flask {0}' failed; its own words stand above.".format(" ".join(command)))
    return done.stdout


def serve(port, instance, settings, accounts):
    """Web server and scheduler side by side until Ctrl-C, SIGTERM, or the death of one of them."""
    commands = {
        "web server": ["-m", "waitress", "--listen=127.0.0.1:{0}".format(port), "sun_commune.wsgi:app"],
        "scheduler": ["-m", "flask", "--app", "sun_commune", "scheduler"],
    }
    logs = os.path.join(instance, "logs")
    os.makedirs(logs, exist_ok=True)
    address = local_address(port)
    children = {}
    try:
        # From here on a stop signal unwinds through the finally below, and so ends the children.
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), stop_on_signal)
        for name, command in commands.items():
            children[name] = start_child(command, settings, log_path(logs, name))
        wait_until_answering(address + "/healthz", children, logs)
        say()
        say("Sun Commune is open:  {0}/zh/   (English: {0}/en/)".format(address))
        say(accounts.rstrip())
        say("Logs: {0}".format(logs))
        say("Stop with Ctrl-C.")
        while True:
            check_children(children, logs)
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("\nStopping ...")
        return 0
    finally:
        stop_children(children)


def stop_on_signal(_number, _frame):
    raise KeyboardInterrupt


def log_path(logs, name):
    return os.path.join(logs, name.replace(" ", "-") + ".log")


def start_child(command, settings, log):
    """In a session of its own: Ctrl-C in the terminal reaches us alone, and we end the children in order."""
    with open(log, "w") as handle:
        return subprocess.Popen(
            [venv_python()] + command,
            cwd=ROOT,
            env=dict(os.environ, PYTHONUTF8="1", PYTHONUNBUFFERED="1", **settings),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_answering(url, children, logs):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        check_children(children, logs)
        with contextlib.suppress(urllib.error.URLError, OSError):
            direct.open(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise Stop("The site did not answer within {0} seconds; see {1}.".format(SECONDS_TO_START, logs))


def check_children(children, logs):
    for name, child in children.items():
        if child.poll() is not None:
            with open(log_path(logs, name), errors="replace") as handle:
                sys.stderr.writelines(handle.readlines()[-15:])
            problem = "The {0} ended by itself (exit status {1}); its last words stand above."
            raise Stop(problem.format(name, child.returncode))


def stop_children(children):
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in children.values():
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


# --- test, lint, bench ------------------------------------------------------------------------------------


def find_chromium():
    """SUN_CHROMIUM if given, else the first Chromium or Chrome on the PATH; None when there is none."""
    named = os.environ.get("SUN_CHROMIUM")
    if named:
        return shutil.which(named)
    for name in CHROMIUM_NAMES:
        if shutil.which(name):
            return shutil.which(name)
    return CHROME_ON_A_MAC if os.path.exists(CHROME_ON_A_MAC) else None


def test(arguments):
    """Everything, spread over the processors; with arguments, just what pytest is told."""
    wants_browser = "--browser" in arguments or find_chromium() is not None
    arguments = [each for each in arguments if each != "--browser"]
    prepare([RUNTIME, TEST, BROWSER] if wants_browser else [RUNTIME, TEST])
    return in_venv("-m", "pytest", *(arguments or ["-n", str(processors()), "--dist", "worksteal"]))


def processors():
    """How many this process may use; more than eight workers gain nothing here."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, 8)


def lint(arguments):
    """Every checker, each to its end, so that one run shows all there is to mend."""
    if arguments:
        raise Stop("lint takes no arguments.")
    prepare([RUNTIME, TEST, LINT])
    checks = [
        ("ruff check", ["-m", "ruff", "check", "."]),
        ("ruff format", ["-m", "ruff", "format", "--check", "."]),
        ("mypy", ["-m", "mypy"]),
        (
            "import-linter",
            ["-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        ),
        ("djlint", ["-m", "djlint", "sun_commune/templates", "--lint", "--quiet"]),
        ("translations", ["-m", "pytest", "-q", "tests/house/test_translations.py"]),
    ]
    failed = [name for name, command in checks if not passes(name, command)]
    say("-- locks")
    failed += [lock for lock in (RUNTIME, TEST, BROWSER, LINT) + EXTRAS if names_an_address(lock)]
    if failed:
        raise Stop("Not clean: {0}.".format(", ".join(failed)))
    say("all clean")
    return 0


def passes(name, command):
    say("-- " + name)
    return in_venv(*command) == 0


def names_an_address(lock):
    """A lock that names hosts would bind everybody to one package index."""
    found = [line for line in read_lock(lock).splitlines() if "://" in line or "--index-url" in line]
    for line in found:
        say("{0}: {1}".format(lock, line))
    return bool(found)


def bench(arguments):
    prepare([RUNTIME, TEST])
    return in_venv("-m", "benchmarks", *arguments)


COMMANDS = {"demo": demo, "test": test, "lint": lint, "bench": bench}


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        is_asking = arguments[:1] in (["-h"], ["--help"], ["help"])
        print(__doc__.strip(), file=sys.stdout if is_asking else sys.stderr)
        return 0 if is_asking else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Stop as reason:
        print("sun.py: {0}".format(reason), file=sys.stderr)
    except OSError as problem:
        print("sun.py: {0}".format(problem), file=sys.stderr)
    except KeyboardInterrupt:
        print("sun.py: stopped.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
