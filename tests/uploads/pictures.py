"""Pictures and would-be pictures for tests, made in memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

MARK = b"SECRET-PLACE-31.2E"


def picture(width: int = 80, height: int = 60, mode: str = "RGB", kind: str = "JPEG", **save: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, (width, height))
    red, blue = Image.new("RGB", (width, height), "red"), Image.new("RGB", (width, height), "blue")
    red.paste(blue, (width // 2, 0))
    image.paste(red.convert(mode))
    out = io.BytesIO()
    image.save(out, kind, **save)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF with a turn, a place on the map, a maker and a comment."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = MARK.decode()
    data[0x9286] = b"ASCII\0\0\0" + MARK
    data[0x8825] = {1: "N", 2: (IFDRational(31), IFDRational(12), IFDRational(5)), 3: "E"}
    return data


def broken_exif(orientation: int, tag: int, said: bytes) -> bytes:
    """EXIF with a turn, and with ``said`` as the text of a tag that holds no text."""
    text = (said + b"\0" * 4)[:4]
    turn = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    wrong = struct.pack("<HHI", tag, 2, 4) + text
    entries = sorted((turn, wrong), key=lambda entry: int.from_bytes(entry[:2], "little"))
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + b"".join(entries) + bytes(4)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that claim ``width`` times ``height`` pixels of one colour."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + bytes((width + 7) // 8)) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
