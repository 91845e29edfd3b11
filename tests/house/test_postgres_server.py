"""The tests' own PostgreSQL: every source of it works, and nothing of it stays behind."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres, postgres_cluster
from tests.postgres_cluster import PostgresUnavailable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server_folder():
    """A folder of its own beside the run's, swept away whatever the test did."""
    folder = postgres_cluster.temporary_folder() / f"sun-pg-own-{os.getpid()}"
    yield folder
    postgres._throw_away(folder)


def fake_program(folder, name, says):
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)


class TestServer:
    def test_a_clone_holds_what_the_template_holds(self, postgres_server, worker_id):
        def build(url):
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE villages (name text)")
                connection.execute("INSERT INTO villages VALUES ('金鹿村')")

        postgres_server.ensure_template("house_template", build=build)
        url = postgres_server.create_database(f"house_{worker_id}", template="house_template")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT name FROM villages").fetchall() == [("金鹿村",)]
        postgres_server.drop_database(f"house_{worker_id}")
        assert not postgres_server.has_database(f"house_{worker_id}")

    def test_a_database_made_again_is_empty_even_while_it_is_in_use(self, postgres_server, worker_id):
        name = f"again_{worker_id}"
        with psycopg.connect(postgres_server.create_database(name), autocommit=True) as still_open:
            still_open.execute("CREATE TABLE rows ()")
            with psycopg.connect(postgres_server.create_database(name)) as connection:
                assert connection.execute("SELECT to_regclass('rows')").fetchone() == (None,)
        postgres_server.drop_database(name)

    def test_a_template_that_a_pool_still_has_open_is_copied(self, postgres_server, worker_id):
        name = f"open_{worker_id}"
        with psycopg.connect(postgres_server.create_database(name)) as pooled:
            pooled.execute("SELECT 1")
            postgres_server.create_database(f"copy_of_{name}", template=name)
            with pytest.raises(psycopg.OperationalError, match="terminating connection"):
                pooled.execute("SELECT 1")
        postgres_server.drop_database(f"copy_of_{name}")
        postgres_server.drop_database(name)

    def test_a_template_whose_building_broke_off_is_built_anew(self, postgres_server):
        def break_off(url):
            raise LookupError("half done")

        with pytest.raises(LookupError):
            postgres_server.ensure_template("broken_off", build=break_off)
        assert not postgres_server.has_database("broken_off")
        postgres_server.ensure_template("broken_off", build=lambda url: None)
        assert postgres_server.has_database("broken_off")

    def test_chinese_text_is_utf8_and_its_characters_count_as_letters(self, postgres_server, worker_id):
        with psycopg.connect(postgres_server.create_database(f"zh_{worker_id}")) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            row = connection.execute("SELECT current_setting('server_encoding'), cardinality(show_trgm('金鹿村'))")
            assert row.fetchone() == ("UTF8", 4)
        postgres_server.drop_database(f"zh_{worker_id}")


class TestSources:
    def test_the_packaged_binaries_start_and_leave_nothing_behind(self, server_folder):
        (binaries,) = postgres_cluster.packaged_binaries()
        server = postgres.start_from(binaries, server_folder)
        with psycopg.connect(server.create_database("packaged")) as connection:
            assert connection.info.server_version // 10000 == binaries.major
        postgres._throw_away(server_folder)
        assert not server_folder.exists()
        with pytest.raises(PostgresUnavailable):
            server.check()

    def test_a_program_that_only_bears_the_name_is_not_believed(self, tmp_path):
        for name in ("initdb", "postgres", "pg_ctl"):
            fake_program(tmp_path, name, "hello from a wrapper")
        assert postgres_cluster._checked(tmp_path) is None
        fake_program(tmp_path, "pg_ctl", "pg_ctl (PostgreSQL) 14.9")
        assert postgres_cluster._checked(tmp_path) is None
        fake_program(tmp_path, "pg_ctl", "pg_ctl (PostgreSQL) 16.1 (Debian)")
        assert postgres_cluster._checked(tmp_path).major == 16

    def test_binaries_that_cannot_start_say_why(self, tmp_path, server_folder):
        for name in ("initdb", "postgres", "pg_ctl"):
            fake_program(tmp_path, name, "cannot load library")
        fake_program(tmp_path, "initdb", "no space left'; exit 1; echo '")
        tmp_path.chmod(0o755)
        with pytest.raises(PostgresUnavailable, match=r"no space left|Permission denied"):
            postgres.start_from(postgres_cluster.Binaries(tmp_path, 16), server_folder)

    def test_a_lent_server_that_does_not_answer_is_named(self, monkeypatch):
        monkeypatch.setenv("SUN_TEST_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        with pytest.raises(PostgresUnavailable, match="SUN_TEST_DATABASE_URL does not answer"):
            postgres.start_server()

    def test_a_lent_server_is_left_as_it_was_found(self, postgres_server, monkeypatch):
        before = set(postgres_server._full_names())
        monkeypatch.setenv("SUN_TEST_DATABASE_URL", postgres_server.base_url)
        lent = postgres.start_server()
        lent.create_database("mine")
        assert lent.has_database("mine")
        postgres.stop_server()
        assert not lent.has_database("mine")
        assert before <= set(postgres_server._full_names())

    def test_a_killed_runs_server_is_swept_away(self, postgres_server):
        run = "from tests import postgres; postgres.start_server(); import os; print(os.getpid(), flush=True)"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        environment.pop("SUN_TEST_DATABASE_URL", None)
        done = subprocess.run(
            [sys.executable, "-c", run], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        folder = postgres_cluster.temporary_folder() / f"sun-pg-{done.stdout.strip()}"
        assert (folder / "state.json").exists()
        postgres._sweep_leftovers(folder.parent)
        assert not folder.exists()

    def test_a_folder_that_is_no_runs_is_left_alone(self, tmp_path):
        """A test's own, which may end in any letters and digits."""
        folder = tmp_path / "sun-pg-faults-ab_c0"
        folder.mkdir()
        postgres._sweep_leftovers(tmp_path)
        assert folder.exists()


class TestWithoutPostgres:
    """One skip line with the reason; in CI a failure. Seen through a pytest run of its own."""

    @pytest.fixture
    def run(self, tmp_path):
        (tmp_path / "test_needs_it.py").write_text("def test_it(postgres_server):\n    pass\n")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "CI"))}
        environment |= {
            "SUN_TEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "PYTHONPATH": str(ROOT),
        }

        def run_pytest(**more):
            command = [sys.executable, "-m", "pytest", "-p", "tests.postgres", "-rs", "-q", str(tmp_path)]
            return subprocess.run(
                command, cwd=tmp_path, env=environment | more, capture_output=True, text=True, check=False
            )

        return run_pytest

    def test_the_tests_are_skipped_with_the_reason(self, run):
        done = run()
        assert done.returncode == 0
        assert "PostgreSQL: SUN_TEST_DATABASE_URL does not answer" in done.stdout

    def test_in_ci_they_fail(self, run):
        done = run(CI="true")
        assert done.returncode == 1
        assert "CI must test on PostgreSQL" in done.stdout
