"""What a photo may be, and what is left of it: pixels."""

import io
import struct
import zipfile

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sun_commune.core.errors import RuleBroken
from sun_commune.uploads.images import LARGE, SMALL, prepare_photo
from tests.uploads.pictures import MARK, exif, picture, png_bomb

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def segments(jpeg: bytes) -> list[int]:
    """Marker bytes of every segment before the pixels."""
    found, at = [], 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    return found


def test_photo_is_written_in_two_sizes() -> None:
    photo = prepare_photo(picture(3000, 2000), most_megabytes=12)
    assert (photo.width, photo.height) == (1280, 853)
    sizes = {size: Image.open(io.BytesIO(data)).size for size, data in photo.files.items()}
    assert sizes == {LARGE: (1280, 853), SMALL: (480, 320)}


def test_small_photo_is_not_blown_up() -> None:
    photo = prepare_photo(picture(80, 60), most_megabytes=12)
    assert (photo.width, photo.height) == (80, 60)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_is_left(kind: str) -> None:
    extra = {"exif": exif(), "icc_profile": PROFILE}
    if kind == "JPEG":
        extra["comment"] = MARK
    if kind == "WEBP":
        extra["xmp"] = MARK
    source = picture(800, 600, kind=kind, **extra)
    assert MARK in source
    assert Image.open(io.BytesIO(source)).info["icc_profile"]
    for data in prepare_photo(source, most_megabytes=12).files.values():
        assert MARK not in data
        assert b"Exif" not in data
        image = Image.open(io.BytesIO(data))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        # APP0 (JFIF), quantisation and Huffman tables, frame: no APP1-15 (EXIF, ICC, XMP), no COM (comment).
        assert set(segments(data)) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}


def test_photo_is_turned_as_exif_says() -> None:
    photo = prepare_photo(picture(80, 60, exif=exif(orientation=6)), most_megabytes=12)
    image = Image.open(io.BytesIO(photo.files[LARGE]))
    assert image.size == (60, 80)
    assert image.getpixel((30, 5))[0] > 200  # red was on the left; a quarter turn clockwise puts it on top
    assert image.getpixel((30, 75))[2] > 200


def test_broken_exif_does_not_lose_the_photo() -> None:
    source = picture(80, 60, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert prepare_photo(source, most_megabytes=12).width == 80


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_plain_colour(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = Image.new("L", (64, 64), 200).convert(mode) if mode != "I;16" else Image.new(mode, (64, 64), 50000)
    out = io.BytesIO()
    source.save(out, kind)
    data = prepare_photo(out.getvalue(), most_megabytes=12).files[SMALL]
    assert Image.open(io.BytesIO(data)).mode == "RGB"


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    """As a scanner writes them: cut off at eight bits the paper would be white."""
    row = struct.pack("<64H", *[5_000] * 32, *[40_000] * 32)
    source = Image.frombytes("I;16", (64, 64), row * 64)
    out = io.BytesIO()
    source.save(out, "PNG")
    photo = Image.open(io.BytesIO(prepare_photo(out.getvalue(), most_megabytes=12).files[LARGE]))
    assert [photo.getpixel((x, 32))[0] for x in (10, 54)] == pytest.approx([5_000 >> 8, 40_000 >> 8], abs=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_picture_is_refused(kind: str) -> None:
    """Which of its pictures would be shown is up to each program."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(RuleBroken, match="moves"):
        prepare_photo(out.getvalue(), most_megabytes=12)


def test_second_picture_behind_a_phones_jpeg_is_no_matter() -> None:
    """As many phones write it: browsers show the first one."""
    out = io.BytesIO()
    first, second = (Image.new("RGB", (640, 480), colour) for colour in ("red", "blue"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    photo = Image.open(io.BytesIO(prepare_photo(out.getvalue(), most_megabytes=12).files[LARGE]))
    assert photo.getpixel((300, 200))[0] > 200


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "PNG")
    data = prepare_photo(out.getvalue(), most_megabytes=12).files[SMALL]
    assert Image.open(io.BytesIO(data)).getpixel((30, 30)) == (255, 255, 255)


def zip_behind(data: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("evil.class", "x" * 500)
    return out.getvalue()


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
GIF = io.BytesIO()
Image.new("RGB", (64, 64)).save(GIF, "GIF")

REFUSED = {
    "heic": (HEIC, "HEIC"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "JPEG"),
    "gif": (GIF.getvalue(), "JPEG"),
    "html": (b"<!doctype html><script>alert(1)</script>", "JPEG"),
    "text called jpg": (b"hello", "JPEG"),
    "empty": (b"", "empty"),
    "only a start": (b"\xff\xd8\xff", "damaged"),
    "cut off": (picture(2000, 1500)[:2000], "damaged"),
    "jpeg with html": (picture() + b"<html><script>alert(1)</script></html>", "hidden"),
    "jpeg with php in its comment": (picture(comment=b"<?php system('id'); ?>"), "hidden"),
    "jpeg with a zip": (zip_behind(picture()), "hidden"),
    "jpeg with a pdf": (picture() + b"%PDF-1.7 ...", "hidden"),
    "gif that begins like a jpeg": (b"\xff\xd8\xff" + GIF.getvalue(), "damaged"),
    "24 Mpx and more": (png_bomb(6001, 4000), "million"),
    "81 Mpx": (png_bomb(9000, 9000), "million"),
    "a bomb": (png_bomb(30_000, 30_000), "million"),
    "a strip": (png_bomb(23_000_000, 1), "small"),
    "one pixel": (picture(1, 1), "small"),
    "webp without picture": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(16), "damaged"),
    "too many bytes": (picture() + bytes(13 * 1024 * 1024), "12 MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(app_words: Flask, name: str) -> None:
    data, words = REFUSED[name]
    assert len(data) < 14 * 1024 * 1024
    with pytest.raises(RuleBroken) as refusal:
        prepare_photo(data, most_megabytes=12)
    assert words in str(refusal.value)
    assert refusal.value.field == "photos"


def test_24_megapixels_are_taken() -> None:
    assert prepare_photo(png_bomb(6000, 4000), most_megabytes=12).width == 1280


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP"]),
    rest=st.binary(max_size=300),
)
def test_random_bytes_are_refused_not_crashed_on(start: bytes, rest: bytes) -> None:
    with pytest.raises(RuleBroken):
        prepare_photo(start + rest, most_megabytes=12)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 3000), change=st.binary(min_size=1, max_size=8))
def test_damaged_pictures_are_taken_or_refused(at: int, change: bytes) -> None:
    source = bytearray(picture(120, 90, exif=exif(), comment=MARK))
    at %= len(source)
    source[at : at + len(change)] = change
    try:
        photo = prepare_photo(bytes(source), most_megabytes=12)
    except RuleBroken:
        return
    assert all(MARK not in data for data in photo.files.values())
