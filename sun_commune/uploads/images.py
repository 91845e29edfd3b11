"""Photos from strangers' phones: judged by their bytes, decoded within bounds, written anew from pixels alone.

Nothing of the file that came in goes out again but its pixels: no EXIF, no GPS, no comment, no colour profile, no
second file hidden behind the first.
"""

from __future__ import annotations

import hashlib
import io
import logging
import warnings
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from PIL import Image

from sun_commune.core.errors import RuleBroken

logger = logging.getLogger(__name__)

MOST_PIXELS = 24_000_000
SHORTEST_EDGE = 16
LARGE, SMALL = 1280, 480  # longest edge in pixels; also the names under which they are served
SIZES = (LARGE, SMALL)
QUALITY = 82
FORMATS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}
MEGABYTE = 1024 * 1024
MOVING = {"PNG", "WEBP"}
ORIENTATION = 0x0112
#: EXIF's numbers of how the camera was held.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Of modes of 16 bits, where the more significant byte of a pixel lies.
HIGH_BYTE = {"I;16": 1, "I;16L": 1, "I;16B": 0}

#: Marks of a second file inside an image. Six bytes or more each, so that compressed pixels do not hit them by chance.
FOREIGN_MARKS = (b"<script", b"<html", b"<?php ", b"<svg ", b"<!doctype", b"%pdf-1", b"%pdf-2", b"javascript:")
ZIP_END = b"PK\x05\x06"
ZIP_TAIL_BYTES = 65_557  # a ZIP's end record and its longest comment


@dataclass(frozen=True)
class PreparedPhoto:
    """JPEG bytes by longest edge; ``width`` and ``height`` are those of the large one, in pixels."""

    files: dict[int, bytes]
    width: int
    height: int
    sha256: str


def prepare_photo(data: bytes, *, most_megabytes: int) -> PreparedPhoto:
    """Check and re-encode one photo; RuleBroken with a sentence for the person who chose it.

    Slow (up to a second): call it before the transaction, which holds the only write lock.
    """
    large = fit(read_picture(data, most_megabytes=most_megabytes), LARGE)
    return PreparedPhoto(in_sizes(large), large.width, large.height, hashlib.sha256(data).hexdigest())


def read_picture(data: bytes, *, most_megabytes: int) -> Image.Image:
    """The pixels alone, upright; RuleBroken as ``prepare_photo``."""
    check_size(data, most_megabytes)
    if kind_of(data) is None:
        raise RuleBroken(_refusal(data), field="photos")
    refuse_hidden_file(data)
    try:
        return _decode(data)
    except RuleBroken:
        raise
    except Exception as error:
        logger.info("photo refused", extra={"error": type(error).__name__})
        raise RuleBroken(_l("This photo is damaged and cannot be read. Take another one."), field="photos") from error


def check_size(data: bytes, most_megabytes: int) -> None:
    if not data:
        raise RuleBroken(_l("This file is empty."), field="photos")
    if len(data) > most_megabytes * MEGABYTE:
        raise RuleBroken(_l("This file is larger than %(most)s MB.", most=most_megabytes), field="photos")


def kind_of(data: bytes) -> str | None:
    """JPEG, PNG or WEBP by its first bytes, None for everything else; the name of a file says nothing."""
    for name, start in FORMATS.items():
        if data.startswith(start) and (name != "WEBP" or data[8:12] == b"WEBP"):
            return name
    return None


def _refusal(data: bytes) -> Any:
    if data[4:8] == b"ftyp":
        return _l(
            "This photo is in the HEIC format (or a video), which browsers cannot show. "
            "Set your camera to JPEG (“most compatible”), or take a screenshot of the photo."
        )
    return _l("Only photos in JPEG, PNG or WebP can be taken.")


def refuse_hidden_file(data: bytes) -> None:
    """RuleBroken for an image that is also a page, a script, a PDF or an archive."""
    lower = data.lower()
    if any(mark in lower for mark in FOREIGN_MARKS) or ZIP_END in data[-ZIP_TAIL_BYTES:]:
        raise RuleBroken(_l("Another file is hidden inside this photo, so it is not taken."), field="photos")


def check_pixels(size: tuple[int, int]) -> None:
    """RuleBroken if a picture of this width and height is too large to decode or too small to see."""
    width, height = size
    if width * height > MOST_PIXELS:
        raise RuleBroken(
            _l("This photo has more than %(most)s million pixels.", most=MOST_PIXELS // 10**6), field="photos"
        )
    if min(size) < SHORTEST_EDGE:
        raise RuleBroken(_l("This picture is too small to show anything."), field="photos")


def open_picture(data: bytes) -> Image.Image:
    """The picture, header read and its size checked, pixels not yet decoded."""
    try:
        picture = Image.open(io.BytesIO(data), formats=tuple(FORMATS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        check_pixels((MOST_PIXELS, 2))
        raise
    check_pixels(picture.size)
    return picture


def _decode(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Broken EXIF of some phones: the pixels are fine, and the rest is thrown away here anyway.
        warnings.filterwarnings("ignore", message="Corrupt EXIF data")
        picture = open_picture(data)
        # Many phones put a second picture behind their JPEG (Pillow calls it MPO): browsers show the first.
        if picture.format in MOVING and getattr(picture, "is_animated", False):
            raise RuleBroken(_l("This picture moves. Choose one that stands still."), field="photos")
        picture.draft("RGB", (LARGE, LARGE))  # JPEG: decode at a fraction of the size if that is enough
        picture.load()
        picture = _eight_bits(_upright(picture))
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
        return flat
    # A new image: ``convert`` alone would carry comment, EXIF and colour profile along in ``info``.
    flat = Image.new("RGB", picture.size)
    flat.paste(picture.convert("RGB"))
    return flat


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as browsers turn it, by EXIF alone: whoever drew boxes on it saw it so. Nothing else in EXIF matters, and
    XMP, which Pillow's own function obeys, does not."""
    said = Image.Exif()
    try:
        said.load(picture.info.get("exif", b""))
        turn = TURNS.get(said.get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - the EXIF of strangers; the pixels are fine
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey in 16 bits, as scanners write it: Pillow would cut off all above 255, and the paper would be white."""
    if picture.mode not in HIGH_BYTE:
        return picture
    return Image.frombytes("L", picture.size, picture.tobytes()[HIGH_BYTE[picture.mode] :: 2])


def fit(picture: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def in_sizes(large: Image.Image) -> dict[int, bytes]:
    """JPEG bytes by longest edge."""
    return {LARGE: _encode(large), SMALL: _encode(fit(large, SMALL))}


def _encode(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
