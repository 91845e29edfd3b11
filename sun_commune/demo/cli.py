"""``flask load-sample``: a load of the real platform's size, or of any."""

from __future__ import annotations

import sys
import time

import click
from flask.cli import with_appcontext

from sun_commune.demo.sample import load_sample

BAR_WIDTH = 40


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
