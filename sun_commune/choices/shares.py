"""Whose money is left in a fund when its need has ended.

Money goes out of the oldest layer first, so what vouchers and advances still wait for is laid against the oldest
layers. What a donor has asked back is laid against that donor's own layers first. What then remains of the layers that
a claim brought is that claim's share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: Stands for gifts of which nobody knows who gave them.
NOBODY = ""


def shares(layers: Sequence[tuple[str, int]], promised_back: Mapping[str, int], reserved_fen: int) -> dict[str, int]:
    """Claim code -> fen that are left over of what it brought, only where something is.

    ``layers`` are (claim code, fen left), the oldest first. ``promised_back`` is what each claim's donor has been
    promised back out of this fund and has not got yet, ``reserved_fen`` what papers wait to take out of it.
    """
    left = [fen for _claim, fen in layers]
    taken = reserved_fen
    for claim, fen in promised_back.items():
        taken += _take(left, fen, [at for at, (owner, _fen) in enumerate(layers) if owner == claim])
    _take(left, taken, range(len(layers)))
    found: dict[str, int] = {}
    for (claim, _fen), rest in zip(layers, left, strict=True):
        if rest:
            found[claim] = found.get(claim, 0) + rest
    return found


def _take(left: list[int], wanted: int, places: Sequence[int]) -> int:
    """Take ``wanted`` from these places in their order; gives back what they did not hold."""
    for at in places:
        part = min(wanted, left[at])
        left[at] -= part
        wanted -= part
    return wanted
