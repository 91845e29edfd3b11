"""``python3 sun.py bench``: pages, claims and the ledger as ratios to floors, alternating in one run. It ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import claims, ledger, pages
from benchmarks.report import Report
from benchmarks.stores import Store, open_store
from tests.postgres_cluster import PostgresUnavailable

RESULTS = Path(__file__).parent / "results"
MOST_NEEDS = 2_000_000
MOST_ENTRIES = 20_000_000


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sun.py bench", description=__doc__)
    parser.add_argument("--needs", type=int, default=pages.SMALL, help="compare the small sample with one of so many")
    parser.add_argument("--entries", type=int, default=ledger.SMALL, help="compare short books with ones of so many")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--only", choices=sorted(PARTS), help="one part alone")
    parser.add_argument("--rounds", type=int, default=5, help="alternations of project and floor")
    parser.add_argument("--requests", type=int, default=300, help="pages or claims of each round and target")
    parser.add_argument("--cache", type=Path, default=RESULTS / "cache", help="where samples are kept (SQLite)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written, as JSON")
    options = parser.parse_args(arguments)
    if not 10 <= options.entries <= MOST_ENTRIES:
        parser.error(f"--entries is 10 to {MOST_ENTRIES:,}")
    if not 10 <= options.needs <= MOST_NEEDS or not 1 <= options.rounds <= 100 or not 8 <= options.requests <= 10_000:
        parser.error(f"--needs is 10 to {MOST_NEEDS:,}, --rounds is 1 to 100, --requests is 8 to 10,000")
    return options


def pages_in_process(store: Store, report: Report) -> None:
    sizes = sorted({min(pages.SMALL, report.needs), report.needs})
    pages.measure_in_process(store, report, sizes)


def pages_by_http(store: Store, report: Report) -> None:
    pages.measure_http(store, report, report.needs)


def claims_in_process(store: Store, report: Report) -> None:
    claims.measure_service(store, report)


def claims_by_http(store: Store, report: Report) -> None:
    claims.measure_http(store, report)


def books(store: Store, report: Report) -> None:
    ledger.measure(store, report, report.entries)


PARTS: dict[str, Callable[[Store, Report], None]] = {
    "pages": pages_in_process,
    "http": pages_by_http,
    "claims": claims_in_process,
    "claims-http": claims_by_http,
    "ledger": books,
}


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    report = Report(options.database, options.needs, options.rounds, options.requests, entries=options.entries)
    claims.SIZE = min(claims.SIZE, options.needs)
    try:
        with open_store(options.database, options.cache.resolve()) as store:
            for name in [options.only] if options.only else PARTS:
                PARTS[name](store, report)
    except PostgresUnavailable as reason:
        print(f"No PostgreSQL: {reason}", file=sys.stderr)
        return 1
    print(f"\nwritten to {report.save(options.results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
