"""``flask demo-data`` and ``demo-accounts``: a village to look round in; ``flask load-sample``: a load of any size."""

from __future__ import annotations

import sys
import time

import click
from flask.cli import with_appcontext

from sun_commune import config
from sun_commune.core.errors import SunError
from sun_commune.demo.accounts import plain_table
from sun_commune.demo.build import is_made, make_demo_data
from sun_commune.demo.sample import load_sample

BAR_WIDTH = 40


@click.command("demo-data")
@with_appcontext
def demo_data() -> None:
    """Fill an empty database with the demo's villages, people and needs. What is there stays."""
    if not config.current().demo:
        raise click.ClickException("demo data are only for a demo: set SUN_DEMO=1, never on a real site.")
    if is_made():
        click.echo("the demo's data are there already")
        return
    started = time.monotonic()
    try:
        acts = make_demo_data(lambda words: click.echo(f"  {words} ({time.monotonic() - started:.0f} s)"))
    except SunError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"the demo is ready: {acts} acts, {time.monotonic() - started:.0f} s")


@click.command("demo-accounts")
@with_appcontext
def demo_accounts() -> None:
    """Print the demo's sign-ins, one for each role."""
    if not config.current().demo:
        raise click.ClickException("the demo's accounts exist in a demo alone: set SUN_DEMO=1.")
    click.echo(plain_table())


@click.command("load-sample")
@click.option("--villages", default=492, show_default=True, help="Villages with one need each.")
@click.option("--households", default=5177, show_default=True, help="Households with one need each.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same sample.")
@with_appcontext
def load_sample_command(villages: int, households: int, seed: int) -> None:
    """Add invented households and needs on real places, with claims, deliveries and ledger entries."""
    if villages < 1 or households < 0 or villages + households > 2_000_000:
        raise click.UsageError("--villages is at least 1, --households at least 0, both together at most 2,000,000.")
    started = time.monotonic()

    def tell(done: int, total: int) -> None:
        filled = BAR_WIDTH * done // total
        rate = done / max(time.monotonic() - started, 0.001)
        end = "\n" if done == total or not sys.stderr.isatty() else "\r"
        click.echo(
            f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done:,}/{total:,} needs, {rate:,.0f}/s{end}",
            err=True,
            nl=False,
        )

    try:
        total = load_sample(villages=villages, households=households, seed=seed, tell=tell)
    except ValueError as error:
        raise click.ClickException(f"{error}.") from error
    click.echo(f"{total:,} needs loaded.")
