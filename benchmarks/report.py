"""Results: a ratio of the project to its floor, with the goal beside it; a table on screen and a JSON file."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Result:
    """``ratios``: one per round. ``goal`` bounds their median from above, or from below if ``at_least``."""

    name: str
    ratios: Sequence[float]
    floor: str
    goal: float | None = None
    at_least: bool = False
    notes: str = ""

    @property
    def middle(self) -> float:
        return median(self.ratios)

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        met = self.middle >= self.goal if self.at_least else self.middle <= self.goal
        return "met" if met else "NOT MET"

    @property
    def goal_words(self) -> str:
        return "" if self.goal is None else f"{'>=' if self.at_least else '<='} {self.goal:g}"


@dataclass
class Report:
    """All results of a run; each is printed when it is known."""

    database: str
    needs: int
    rounds: int
    requests: int
    entries: int = 0
    results: list[Result] = field(default_factory=list)

    def head(self, title: str) -> None:
        print(f"\n{title}\n{'what':46} {'median':>8} {'min':>8} {'max':>8}  {'goal':9} {'':8} floor; notes", flush=True)

    def add(self, result: Result) -> None:
        self.results.append(result)
        numbers = (result.middle, min(result.ratios), max(result.ratios))
        columns = " ".join(f"{number:8.3g}" for number in numbers)
        notes = "; ".join(filter(None, (result.floor, result.notes)))
        print(f"{result.name:46} {columns}  {result.goal_words:9} {result.verdict:8} {notes}", flush=True)

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(UTC)
        path = folder / f"{moment:%Y%m%d-%H%M%S}-{self.database}-{self.needs}.json"
        said = {
            "at": moment.isoformat(timespec="seconds"), "database": self.database, "needs": self.needs,
            "entries": self.entries, "rounds": self.rounds, "requests": self.requests,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "results": [asdict(result) | {"median": result.middle, "verdict": result.verdict}
                        for result in self.results],
        }  # fmt: skip
        path.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
        return path
