"""sun.py: what it says when it cannot go on, that a second start installs nothing, that a demo ends cleanly.

Every test works on a copy of sun.py in a folder of its own, so the checkout's .venv is never touched.
"""

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = tuple(sorted(path.name for path in ROOT.glob("requirements*.txt")))
# A package that no test needs, and a hash that fits no file: it can be looked for, but never installed.
UNREACHABLE_LOCK = "iniconfig==2.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"

# The smallest application that sun.py demo can serve. Its scheduler dies when the file "die" appears.
SMALL_APP = """
import os, sys, time
from pathlib import Path
import click
from flask import Flask
from flask.cli import AppGroup

instance = Path(os.environ["SUN_INSTANCE_PATH"])

def create_app():
    app = Flask(__name__)
    db = AppGroup("db")
    app.cli.add_command(db)

    @db.command("upgrade")
    def upgrade():
        (instance / "rows").touch()

    @app.cli.command("demo-data")
    def demo_data():
        with (instance / "rows").open("a") as rows:
            rows.write("row\\n")
        click.echo("stories are told")

    @app.cli.command("demo-accounts")
    def demo_accounts():
        click.echo("donor  13800000001  a-password")

    @app.cli.command("scheduler")
    def scheduler():
        (instance / "scheduler.pid").write_text(str(os.getpid()))
        while not (instance / "die").exists():
            time.sleep(0.05)
        sys.exit("the scheduler has had enough")

    @app.get("/healthz")
    def healthz():
        return {"demo": os.environ["SUN_DEMO"], "base": os.environ["SUN_BASE_URL"]}

    return app
"""


@pytest.fixture
def project(tmp_path):
    """A checkout in small: sun.py and locks without a package."""
    folder = tmp_path / "a checkout"  # with a space, as on many a desktop
    folder.mkdir()
    shutil.copy(ROOT / "sun.py", folder)
    for lock in LOCKS:
        (folder / lock).write_text("")
    return folder


@pytest.fixture
def site(project):
    """A project whose .venv is there already and borrows this test run's packages."""
    package = project / "sun_commune"
    package.mkdir()
    (package / "__init__.py").write_text(SMALL_APP)
    (package / "wsgi.py").write_text("from sun_commune import create_app\n\napp = create_app()\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    (packages,) = project.glob(".venv/lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    mark_as_installed(project)
    return project


def mark_as_installed(project):
    code = "import sun; sun.write_stamps({each: sun.fingerprint(each) for each in sys.argv[1:]})"
    subprocess.run([sys.executable, "-c", f"import sys; {code}", *LOCKS], cwd=project, check=True)


def clean_environment(**more):
    """Ours without the marks of this pytest run and without settings of the site."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "SUN_", "COV"))}
    return ours | more


def run_sun(project, *arguments, cwd=None, python=sys.executable, **environment):
    return subprocess.run(
        [python, project / "sun.py", *arguments],
        cwd=cwd or project,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(f"waited {seconds} seconds for {what}")


#: Starts its arguments so that they heed Ctrl-C: what runs in the background ignores it, with all that it starts.
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


class Demo:
    """A running ``sun.py demo``."""

    def __init__(self, project, *arguments, cwd=None, **environment):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEED_CTRL_C, project / "sun.py", "demo", "--port", str(self.port), *arguments],
            cwd=cwd or project,
            env=clean_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed = ""

    def __enter__(self):
        for line in self.process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                return self
        _, complaint = self.process.communicate(timeout=120)
        pytest.fail(f"the demo did not open: {self.printed}{complaint}")

    def __exit__(self, *_):
        """Asked to end, it ends its two children too; a kill would leave them behind."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def healthz(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
            return json.load(answer)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.communicate(timeout=120)


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def is_running(pid):
    """A process that has ended but was not collected yet does not count as running."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def pid_in(path):
    """The pid that a program writes once it has started, which may be after the web server answers."""
    wait_for(lambda: path.exists() and path.read_text(), path.name)
    return int(path.read_text())


class TestOldPython:
    def test_it_says_one_sentence(self, project):
        fake = "import runpy, sys; sys.version_info = (3, 8, 10, 'final', 0); sys.argv = ['sun.py', 'demo']; "
        done = subprocess.run(
            [sys.executable, "-c", fake + "runpy.run_path('sun.py', run_name='__main__')"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("Sun Commune needs Python 3.11 or newer, and this is Python 3.8.")
        assert len(done.stderr.splitlines()) == 1

    def test_really_old_pythons_say_it_too(self, project):
        for python in old_pythons():
            done = run_sun(project, "demo", python=python)
            assert done.returncode == 1, python
            assert done.stderr.startswith("Sun Commune needs Python 3.11 or newer"), (python, done.stderr)
            assert len(done.stderr.splitlines()) == 1, python

    def test_nothing_in_the_file_is_newer_than_they_can_read(self):
        """For machines without old Pythons: what they stumble over first, by name."""
        source = (ROOT / "sun.py").read_text(encoding="ascii")
        tree = ast.parse(source)
        too_new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.Match)
        for node in ast.walk(tree):
            assert not isinstance(node, too_new), ast.unparse(node)
            if isinstance(node, ast.arguments):
                assert not node.kwonlyargs, ast.unparse(node)
                assert not node.posonlyargs, ast.unparse(node)
            if isinstance(node, ast.List | ast.Tuple | ast.Set):
                assert not any(isinstance(item, ast.Starred) for item in node.elts), ast.unparse(node)
            if isinstance(node, ast.Raise):
                assert node.cause is None, ast.unparse(node)


def old_pythons():
    """Interpreters older than 3.11 on this machine; on many there is none, and the faked one must do."""
    names = ["python2", "python2.7", *(f"python3.{minor}" for minor in range(4, 11))]
    found = [Path(path) for path in map(shutil.which, names) if path]
    found += Path.home().glob(".pyenv/versions/[23].*/bin/python")
    return [each for each in found if is_old(each)]


def is_old(python):
    ask = "import sys; print(sys.version_info < (3, 11))"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "True"


class TestInstalling:
    def test_without_network_it_says_one_sentence(self, project):
        (project / "requirements.txt").write_text(UNREACHABLE_LOCK)
        done = run_sun(project, "demo", "--port", str(free_port()), **no_index())
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("sun.py: The packages cannot be fetched, because no package index answers")
        assert "Traceback" not in done.stdout
        assert not (project / ".venv" / "installed.json").exists(), "a failed install must not count as done"

    def test_a_second_start_calls_neither_pip_nor_venv(self, project):
        first = run_sun(project, "test", "--version", **no_index())
        assert "Making .venv" in first.stdout
        assert "Installing" in first.stdout
        second = run_sun(project, "test", "--version", **no_index())
        assert second.stdout == ""
        assert "No module named pytest" in second.stderr, "it went straight on to the program that it is for"

    def test_a_changed_lock_is_installed_and_the_others_are_left_alone(self, site):
        (site / "requirements-test.txt").write_text(UNREACHABLE_LOCK)
        done = run_sun(site, "test", "--version", **no_index())
        assert "Installing up to 1 packages" in done.stdout
        assert done.returncode == 1

    def test_the_environment_of_another_python_is_made_anew(self, site):
        (site / ".venv" / "pyvenv.cfg").write_text("version = 3.7.4\n")
        done = run_sun(site, "test", "--version", **no_index())
        assert "Making .venv" in done.stdout

    def test_without_ensurepip_our_own_pip_installs_from_outside(self, project):
        """As on Debian without python3-venv."""
        hide = (
            "import importlib.util, runpy, sys; find = importlib.util.find_spec; "
            "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else find(name); "
            "sys.argv = ['sun.py', 'test', '--version']; runpy.run_path('sun.py', run_name='__main__')"
        )
        done = subprocess.run(
            [sys.executable, "-c", hide],
            cwd=project,
            env=clean_environment(**no_index()),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not list(project.glob(".venv/lib/python*/site-packages/pip"))
        assert (project / ".venv" / "installed.json").exists(), done.stdout + done.stderr


def no_index():
    """Settings under which pip reaches nothing: port 9 of this machine discards."""
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "1",
        "PIP_NO_CACHE_DIR": "1",
        "SUN_CHROMIUM": "none",
    }


class TestPort:
    def test_a_port_in_use_is_named_before_the_long_work(self, project):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run_sun(project, "demo", "--port", str(port))
        assert done.returncode == 1
        assert done.stderr == f"sun.py: Port {port} is in use; choose another with --port N.\n"
        assert not (project / ".venv").exists()

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "８０００"])
    def test_what_is_no_port_is_refused(self, project, port):
        done = run_sun(project, "demo", f"--port={port}")
        assert done.returncode == 2
        assert "a port is a number from 1 to 65535" in done.stderr


class TestDemo:
    def test_it_serves_and_names_address_and_accounts(self, site):
        with Demo(site) as demo:
            base = f"http://127.0.0.1:{demo.port}"
            assert f"{base}/zh/" in demo.printed
            assert "stories are told" in demo.printed  # the long work shows how far it is
            assert "13800000001" in demo.printed
            assert demo.healthz() == {"demo": "1", "base": base}

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_stop_signal_ends_both_programs_in_good_order(self, site, number):
        with Demo(site) as demo:
            scheduler = pid_in(site / "instance" / "scheduler.pid")
            _, complaint = demo.end(number)
            assert demo.process.returncode == 0
            assert complaint == ""
            assert is_free(demo.port)
            assert not is_running(scheduler)

    def test_the_death_of_one_ends_the_other_and_is_told(self, site):
        with Demo(site) as demo:
            (site / "instance" / "die").touch()
            _, complaint = demo.process.communicate(timeout=120)
            assert demo.process.returncode == 1
            assert "the scheduler has had enough" in complaint
            assert "sun.py: The scheduler ended by itself (exit status 1)" in complaint
            assert is_free(demo.port)

    def test_a_site_that_cannot_start_says_why(self, site):
        (site / "sun_commune" / "wsgi.py").write_text("raise LookupError('no such house')\n")
        done = run_sun(site, "demo", "--port", str(free_port()))
        assert done.returncode == 1
        assert "no such house" in done.stderr
        assert "The web server ended by itself" in done.stderr

    def test_a_failing_command_says_why(self, site):
        with (site / "sun_commune" / "__init__.py").open("a") as app:
            app.write("\nraise SystemExit('Sun Commune cannot start: SUN_CITY must be a 4-digit city code.')\n")
        done = run_sun(site, "demo", "--port", str(free_port()))
        assert done.returncode == 1
        assert "SUN_CITY must be a 4-digit city code" in done.stderr
        assert "'flask db upgrade' failed" in done.stderr

    def test_two_demos_run_side_by_side_from_any_folder(self, site, tmp_path):
        with (
            Demo(site, cwd=tmp_path, SUN_INSTANCE_PATH="one") as first,
            Demo(site, cwd=tmp_path, SUN_INSTANCE_PATH="two") as second,
        ):
            assert first.healthz()
            assert second.healthz()
        assert (tmp_path / "one" / "rows").exists()
        assert (tmp_path / "two" / "rows").exists()
        assert not (site / "instance").exists()


class TestFresh:
    def test_the_earlier_demo_is_thrown_away(self, site):
        for rows in (1, 2):
            with Demo(site):
                assert (site / "instance" / "rows").read_text() == "row\n" * rows
        (site / "instance" / ".gitkeep").touch()
        with Demo(site, "--fresh"):
            assert (site / "instance" / "rows").read_text() == "row\n"
        assert (site / "instance" / ".gitkeep").exists()

    def test_what_the_demo_did_not_make_is_left_alone(self, site, tmp_path):
        home = tmp_path / "home"
        home.mkdir()
        (home / "diary").write_text("dear diary")
        done = run_sun(site, "demo", "--fresh", "--port", str(free_port()), SUN_INSTANCE_PATH=str(home))
        assert done.returncode == 1
        assert "was not made by the demo, so --fresh leaves it alone" in done.stderr
        with Demo(site, SUN_INSTANCE_PATH=str(home)):
            pass
        done = run_sun(site, "demo", "--fresh", "--port", str(free_port()), SUN_INSTANCE_PATH=str(home))
        assert done.returncode == 1
        assert (home / "diary").read_text() == "dear diary"

    def test_a_database_elsewhere_is_left_alone(self, site):
        url = "postgresql://somebody@example.org/real"
        done = run_sun(site, "demo", "--fresh", "--port", str(free_port()), SUN_DATABASE_URL=url)
        assert done.returncode == 1
        assert "empty the database that SUN_DATABASE_URL names yourself" in done.stderr


class TestOtherCommands:
    @pytest.mark.parametrize("arguments", [[], ["dance"], ["--port", "1"]])
    def test_an_unknown_command_shows_what_there_is(self, project, arguments):
        done = run_sun(project, *arguments)
        assert done.returncode == 2
        assert "python3 sun.py demo" in done.stderr

    def test_asking_for_help_is_no_mistake(self, project):
        done = run_sun(project, "--help")
        assert done.returncode == 0
        assert "python3 sun.py demo" in done.stdout

    def test_test_hands_its_arguments_to_pytest(self, site):
        (site / "test_small.py").write_text("def test_one():\n    pass\n\ndef test_two():\n    assert False\n")
        assert run_sun(site, "test", "test_small.py", "-k", "one").returncode == 0
        done = run_sun(site, "test")
        assert done.returncode == 1
        assert "1 failed, 1 passed" in done.stdout

    def test_playwright_is_asked_for_only_with_chromium_or_when_told(self, site):
        (site / "requirements-browser.txt").write_text(UNREACHABLE_LOCK)
        (site / "test_small.py").write_text("def test_one():\n    pass\n")
        assert run_sun(site, "test", "test_small.py", **no_index()).returncode == 0
        with_chromium = no_index() | {"SUN_CHROMIUM": sys.executable}
        for done in (
            run_sun(site, "test", "--browser", **no_index()),
            run_sun(site, "test", "test_small.py", **with_chromium),
        ):
            assert "Installing" in done.stdout
            assert done.returncode == 1

    def test_lint_finds_an_address_in_a_lock(self, site):
        (site / "requirements-test.txt").write_text("# from https://example.org/simple\n")
        mark_as_installed(site)
        done = run_sun(site, "lint")
        assert done.returncode == 1
        assert "requirements-test.txt: # from https://example.org/simple" in done.stdout
        assert "requirements-test.txt" in done.stderr
        assert "\nall clean\n" not in done.stdout
