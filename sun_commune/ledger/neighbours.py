"""What the ledger must ask of rooms above it; the switchboard supplies the answers, so that imports keep going down."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple


class Parcel(NamedTuple):
    """A delivery of a need, by its code and what it brings, in the reader's words."""

    code: str
    words: str


_people_of_need: list[Callable[[str], frozenset[int]]] = []
_giver_kind: list[Callable[[str], str]] = []
_promised_back: list[Callable[[str], int]] = []
_donors_of_claims: list[Callable[[Collection[str]], frozenset[int]]] = []
_county_of_need: list[Callable[[str], str | None]] = []

_parcels_of_need: list[Callable[[str], list[Parcel]]] = []
_lock_needs: list[Callable[[Collection[str]], None]] = []
_lock_line: list[Callable[[str], object]] = []


def bind(
    people_of_need: Callable[[str], frozenset[int]],
    donors_of_claims: Callable[[Collection[str]], frozenset[int]],
    county_of_need: Callable[[str], str | None],
) -> None:
    """Called once by the switchboard."""
    _people_of_need[:] = [people_of_need]
    _donors_of_claims[:] = [donors_of_claims]
    _county_of_need[:] = [county_of_need]


def bind_giver_kind(giver_kind: Callable[[str], str]) -> None:
    """Called once by the switchboard."""
    _giver_kind[:] = [giver_kind]


def giver_kind(claim_code: str | None) -> str:
    """Of the donor of a claim, a value of GiverKind; "" if nobody knows."""
    return _giver_kind[0](claim_code) if claim_code and _giver_kind else ""


def bind_promised_back(promised_back: Callable[[str], int]) -> None:
    """Called once by the switchboard."""
    _promised_back[:] = [promised_back]


def promised_back(code: str) -> int:
    """Fen of a need's fund, or of a statement line in suspense, that a donor has asked back and that have not gone out
    yet: nobody may spend them."""
    return _promised_back[0](code) if code and _promised_back else 0


def people_of_need(need_code: str) -> frozenset[int]:
    """Row ids of the users who asked for, reviewed or published the need: they may not pay for it.

    Raises RuntimeError if nobody was bound: without an answer no money goes out.
    """
    if not _people_of_need:
        raise RuntimeError("the switchboard has not told the ledger who stands behind a need")
    return _people_of_need[0](need_code)


def donors_of_claims(claim_codes: Collection[str]) -> frozenset[int]:
    """Row ids of the users who gave by these claims. Raises RuntimeError if nobody was bound, as above."""
    if not _donors_of_claims:
        raise RuntimeError("the switchboard has not told the ledger who gave by a claim")
    return _donors_of_claims[0](claim_codes)


def bind_parcels(parcels_of_need: Callable[[str], list[Parcel]]) -> None:
    """Called once by the switchboard."""
    _parcels_of_need[:] = [parcels_of_need]


def parcels_of_need(need_code: str) -> list[Parcel]:
    """What was or is brought to a need, the oldest first; money is none."""
    return _parcels_of_need[0](need_code) if need_code and _parcels_of_need else []


def bind_locks(lock_needs: Callable[[Collection[str]], None], lock_line: Callable[[str], object]) -> None:
    """Called once by the switchboard."""
    _lock_needs[:] = [lock_needs]
    _lock_line[:] = [lock_line]


def lock_before_accounts(need_codes: Collection[str], source_code: str | None) -> None:
    """The needs and the statement line that others change when they hear of an entry, locked in the order of everybody:
    needs, line, accounts."""
    if _lock_needs:
        _lock_needs[0]([code for code in need_codes if code])
    if _lock_line and source_code:
        _lock_line[0](source_code)


def county_of_need(need_code: str) -> str | None:
    """The county of a need, None if there is no such need."""
    return _county_of_need[0](need_code) if _county_of_need else None
