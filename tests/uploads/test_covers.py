"""Black boxes on the public copy: exactly where they were drawn, and nothing beneath them."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from sun_commune.core.errors import RuleBroken
from sun_commune.uploads.covers import MOST_BOXES, Box, cover_picture, read_boxes
from sun_commune.uploads.images import LARGE, SMALL
from tests.uploads.pictures import MARK, broken_exif, exif, picture

DARK = 40  # JPEG makes black a little less so beside a bright colour
HALF = Box(0, 0, 500, 1000)


def shown(data: bytes, boxes: list[Box], size: int = LARGE) -> Image.Image:
    return Image.open(io.BytesIO(cover_picture(data, boxes, most_megabytes=12).files[size])).convert("RGB")


def is_dark(picture_: Image.Image, x: int, y: int) -> bool:
    pixel = picture_.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return max(pixel) <= DARK


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_box_covers_its_part_and_no_other(size: int) -> None:
    copy = shown(picture(1600, 1200), [Box(100, 200, 300, 100)], size)
    inside = [(0.11, 0.21), (0.25, 0.25), (0.39, 0.29)]
    outside = [(0.05, 0.25), (0.25, 0.15), (0.45, 0.25), (0.25, 0.35), (0.9, 0.9)]
    width, height = copy.size
    assert [is_dark(copy, int(x * width), int(y * height)) for x, y in inside] == [True] * 3
    assert [is_dark(copy, int(x * width), int(y * height)) for x, y in outside] == [False] * 5


@pytest.mark.parametrize("tag", [0x0128, 0x011A, 0x0100], ids=["unit", "resolution", "width"])
def test_other_broken_tags_do_not_keep_it_from_turning(tag: int) -> None:
    """Browsers turn it all the same, and the treasurer drew on what the browser showed."""
    copy = shown(picture(800, 600, exif=broken_exif(6, tag, b"two")), [Box(0, 0, 1000, 480)])
    assert copy.size == (600, 800)
    assert is_dark(copy, 300, 100)


def test_what_browsers_do_not_obey_does_not_turn_it() -> None:
    """XMP, which Pillow would follow."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    copy = shown(picture(800, 600, xmp=xmp), [HALF])
    assert copy.size == (800, 600)
    assert [is_dark(copy, x, 300) for x in (200, 600)] == [True, False]


def test_box_lies_on_the_upright_picture() -> None:
    """A phone's photo that its EXIF turns: red is on top of what the browser shows and what the treasurer draws on."""
    copy = shown(picture(800, 600, exif=exif(orientation=6)), [Box(0, 0, 1000, 480)])
    assert copy.size == (600, 800)
    assert is_dark(copy, 300, 100)
    assert copy.getpixel((300, 700))[2] > 200


def test_nothing_lies_beneath_a_box() -> None:
    """Two papers that differ only there give the same copy, byte for byte; without the box they do not."""
    one, other = Image.new("RGB", (3000, 2000), "white"), Image.new("RGB", (3000, 2000), "white")
    other.paste("red", (300, 300, 900, 600))
    assert ImageChops.difference(one, other).getbbox() == (300, 300, 900, 600)
    papers = []
    for paper in (one, other):
        out = io.BytesIO()
        paper.save(out, "PNG")
        papers.append(out.getvalue())
    box = Box(100, 150, 200, 150)  # no more than what differs
    copies = [cover_picture(paper, [box], most_megabytes=12) for paper in papers]
    assert copies[0].files == copies[1].files
    bare = [cover_picture(paper, [Box(0, 950, 40, 40)], most_megabytes=12) for paper in papers]
    assert bare[0].files != bare[1].files


def test_copy_is_no_longer_the_paper() -> None:
    """Its fingerprint is its own, and what a camera stores inside a photo is gone."""
    source = picture(800, 600, exif=exif())
    copy = cover_picture(source, [HALF], most_megabytes=12)
    assert copy.sha256 != cover_picture(source, [Box(0, 0, 40, 40)], most_megabytes=12).sha256
    assert all(MARK not in data for data in copy.files.values())


def test_boxes_are_read_as_they_were_drawn() -> None:
    assert read_boxes("100,50,300,40 0,900,1000,100") == [Box(100, 50, 300, 40), Box(0, 900, 1000, 100)]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,10,10", "0,0,0,10", "0,0,10,0", "900,0,101,10", "0,900,10,101",
        "0,0,1,1", "0,0,30,30",  # next to nothing
        "1,2,3,4,", "1,2,3,4  1,2,3,4", "１,2,3,4", "9999999999,1,1,1", "1.5,2,3,4",
        " ".join(["1,2,3,4"] * (MOST_BOXES + 1)),
    ],
)  # fmt: skip
def test_what_no_script_of_ours_sends_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        read_boxes(text)
    assert refused.value.field == "redacted"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789, -.x", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        boxes = read_boxes(text)
    except RuleBroken:
        return
    assert boxes
    assert all(box.fits for box in boxes)


def test_pdf_has_no_picture_to_draw_on() -> None:
    with pytest.raises(RuleBroken, match="JPEG, PNG or WebP"):
        cover_picture(b"%PDF-1.7\n", [HALF], most_megabytes=12)
