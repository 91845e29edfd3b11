"""What a picture roughly looks like, in 256 bits that survive re-saving, shrinking and a little more light.

The picture is made grey and 17 by 16 pixels; each bit says whether a pixel is brighter than its right neighbour (a
"difference hash"). Two photos of one paper differ in a few bits; two different papers in many. It finds careless
and lazy repetition, not a skilled forger.
"""

from __future__ import annotations

from itertools import pairwise

from PIL import Image

EDGE = 16
#: Marks that differ in at most so many of 256 bits are of pictures that look alike.
ALIKE_BITS = 12
#: A blank sheet has hardly any bit set, or hardly any unset: all of those would look alike.
LEAST_BITS = 12


def mark_of(picture: Image.Image) -> str:
    """64 hex digits; "" for a picture with nothing on it that could be told from another's."""
    picture.draft("L", (EDGE * 8, EDGE * 8))  # JPEG: decode small
    small = picture.convert("L").resize((EDGE + 1, EDGE), Image.Resampling.LANCZOS)
    pixels = small.tobytes()
    bits = 0
    for row in range(EDGE):
        line = pixels[row * (EDGE + 1) : (row + 1) * (EDGE + 1)]
        for left, right in pairwise(line):
            bits = bits << 1 | (left > right)
    return f"{bits:064x}" if LEAST_BITS <= bits.bit_count() <= EDGE * EDGE - LEAST_BITS else ""


def look_alike(one: str, other: str) -> bool:
    """Neither is "", and they differ in few bits."""
    return bool(one and other) and (int(one, 16) ^ int(other, 16)).bit_count() <= ALIKE_BITS
