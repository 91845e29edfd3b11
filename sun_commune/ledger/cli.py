"""``flask selfcheck``: what must always hold, checked now."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale

from sun_commune.core import selfcheck as core_selfcheck
from sun_commune.ledger.jobs import run_selfcheck


@click.command("selfcheck")
@with_appcontext
def selfcheck() -> None:
    """Check the ledger and everything else that must always hold. Exit status 1 names what failed."""
    findings = run_selfcheck()
    failed = {finding.check for finding in findings}
    with current_app.test_request_context("/en/"), force_locale("en"):
        for check in core_selfcheck.all_checks():
            click.echo(f"{'FAILED' if check.name in failed else 'ok    '}  {check.name}: {check.doc}")
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        click.echo(f"{len(failed)} of {len(core_selfcheck.all_checks())} checks failed", err=True)
        sys.exit(1)
    click.echo("all checks passed")
