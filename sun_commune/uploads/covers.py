"""Black boxes over what is private on a picture: burnt into its pixels, so that nothing lies beneath them."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageDraw

from sun_commune.core.errors import RuleBroken
from sun_commune.uploads.images import LARGE, PreparedPhoto, fit, in_sizes, read_picture

MOST_BOXES = 60
WHOLE = 1000
LEAST_AREA = WHOLE * WHOLE // 1000  # of all boxes: a slip of the finger covers nothing
_BOX = r"[0-9]{1,4},[0-9]{1,4},[0-9]{1,4},[0-9]{1,4}"
_BOXES = re.compile(rf"{_BOX}(?: {_BOX})*")


class Box(NamedTuple):
    """In thousandths of the upright picture's width (left, width) and height (top, height), from its upper left."""

    left: int
    top: int
    width: int
    height: int

    @property
    def fits(self) -> bool:
        return bool(self.width and self.height) and max(self.left + self.width, self.top + self.height) <= WHOLE


def read_boxes(text: str) -> list[Box]:
    """``"100,50,300,40 0,900,1000,100"``: left, top, width and height of each. RuleBroken for anything else, and
    for boxes that cover less than a thousandth of the picture."""
    if _BOXES.fullmatch(text):
        boxes = [Box(*map(int, part.split(","))) for part in text.split(" ")]
        if len(boxes) <= MOST_BOXES and all(box.fits for box in boxes):
            if sum(box.width * box.height for box in boxes) < LEAST_AREA:
                raise RuleBroken(_l("The black boxes cover next to nothing. Draw them again."), field="redacted")
            return boxes
    raise RuleBroken(_l("The black boxes could not be read. Draw them again, or choose a photo."), field="redacted")


def cover_picture(data: bytes, boxes: list[Box], *, most_megabytes: int) -> PreparedPhoto:
    """The picture as everybody may see it. RuleBroken for what is no picture: boxes cannot be drawn on a PDF.

    They are drawn before the picture is made smaller, which would carry what lies under a box's edge out of it, and
    again afterwards, so that the edge is black. A pixel that a box touches is covered whole.
    """
    picture = read_picture(data, most_megabytes=most_megabytes)
    _draw(picture, boxes)
    large = fit(picture, LARGE)
    _draw(large, boxes)
    files = in_sizes(large)
    return PreparedPhoto(files, large.width, large.height, hashlib.sha256(files[LARGE]).hexdigest())


def _draw(picture: Image.Image, boxes: list[Box]) -> None:
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        right, bottom = box.left + box.width, box.top + box.height
        pen.rectangle(
            (
                box.left * picture.width // WHOLE,
                box.top * picture.height // WHOLE,
                -(-right * picture.width // WHOLE),  # rounded up
                -(-bottom * picture.height // WHOLE),
            ),
            fill="black",
        )
