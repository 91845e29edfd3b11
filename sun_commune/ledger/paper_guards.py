"""Triggers for a table of papers that one person writes and a second one decides: it begins as a draft, an open one
changes only by its decision, and a decided one never."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Table

from sun_commune.core.append_only import guard


class Paper(NamedTuple):
    """``frozen``: columns that never change; ``maybe``: the same for columns that may be empty, with a value that they
    never have; ``keys``: what two rows may not share, beside their id; ``whole`` and ``begins``: what else must hold of
    a changed and of a new row."""

    frozen: str
    maybe: tuple[tuple[str, str], ...] = ()
    keys: str = ""
    whole: str = ""
    begins: str = ""


def guard_paper(table: Table, paper: Paper) -> None:
    """Let ``create_all`` close ``table``; a migration runs the same statements."""
    guard(table, sqlite=_sqlite(table.name, paper), postgresql=_postgresql(table.name, paper))


def _frozen(paper: Paper) -> str:
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in ["id", *paper.frozen.split()])
    maybe = " AND ".join(f"COALESCE(NEW.{name}, {no}) = COALESCE(OLD.{name}, {no})" for name, no in paper.maybe)
    return f"OLD.state = 'drafted' AND {same}" + (f" AND {maybe}" if maybe else "") + paper.whole


def _sqlite(table: str, paper: Paper) -> list[str]:
    wrong = "NEW.state <> 'drafted'" + (f" OR {paper.begins} IS NOT TRUE" if paper.begins else "")
    kept = f"{table}: decided or frozen"
    same = f"SELECT 1 FROM {table} WHERE id = NEW.id{paper.keys}"  # noqa: S608 - names of our own models, no input
    return [
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN ({_frozen(paper)}) IS NOT TRUE\n"
        f"BEGIN SELECT RAISE(ABORT, '{kept}'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{kept}'); END",
        f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} WHEN {wrong}\n"
        f"BEGIN SELECT RAISE(ABORT, '{table}: begins as a draft'); END",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({same})\n"
        f"BEGIN SELECT RAISE(ABORT, '{kept}'); END",
    ]


def _postgresql(table: str, paper: Paper) -> list[str]:
    begins = "NEW.state = 'drafted'" + (f" AND {paper.begins}" if paper.begins else "")
    function = (
        f"CREATE OR REPLACE FUNCTION sun_{table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        f"    IF {begins} THEN RETURN NEW; END IF;\n"
        f"    RAISE EXCEPTION '{table}: begins as a draft' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        "  IF TG_OP = 'UPDATE' THEN\n"
        f"    IF {_frozen(paper)} THEN RETURN NEW; END IF;\n"
        "  END IF;\n"
        f"  RAISE EXCEPTION '{table}: decided or frozen' USING ERRCODE = 'check_violation';\n"
        "END $$"
    )
    return [
        function,
        f"CREATE TRIGGER {table}_guard BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION sun_{table}_guard()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION sun_{table}_guard()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_guard",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
    ]
