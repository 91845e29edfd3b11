"""The demo's drawings and papers are its own, small, and marked."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from sun_commune.demo import pictures
from sun_commune.demo.goods import WISHES
from sun_commune.demo.papers import demo_paper


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.title)
def test_every_wish_has_a_picture_and_words_for_it(wish: object) -> None:
    photo, alt = pictures.picture_of(" ".join(thing.item for thing in wish.things) + wish.title)  # type: ignore[attr-defined]
    assert alt.startswith("画：")
    assert 2 <= len(alt) <= 100
    assert sum(map(len, photo.files.values())) < 100_000
    with Image.open(io.BytesIO(photo.files[480])) as picture:
        assert max(picture.size) == 480


def test_paper_is_a_pdf_that_says_what_it_is() -> None:
    paper = demo_paper("示例票据", "付给示例商店")
    assert paper.media_type == "application/pdf"
    text = "示例票据  DEMO".encode("utf-16-be").hex().encode()
    assert text in paper.data
    start = int(paper.data.rpartition(b"startxref\n")[2].split()[0])
    assert paper.data[start : start + 4] == b"xref"
