"""A paper for vouchers and consents: one page that says it is an example, written without any library."""

from __future__ import annotations

from sun_commune.uploads.documents import PreparedDocument, prepare_document


def demo_paper(title: str, *lines: str) -> PreparedDocument:
    """A PDF with these lines, ready to be stored. Chinese is set in the readers' own font (none is embedded)."""
    shown = ["BT", "/F1 22 Tf 72 760 Td", f"<{_hex(title + '  DEMO')}> Tj", "/F1 13 Tf"]
    for line in ("示例票据，不是真实凭证。 An example, no real paper.", *lines):
        shown += ["0 -30 Td", f"<{_hex(line)}> Tj"]
    content = "\n".join([*shown, "ET"]).encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 7 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
        b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    )
    return prepare_document(_assemble(objects), most_megabytes=1)


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex()


def _assemble(objects: tuple[bytes, ...]) -> bytes:
    """Objects with the table of where each begins."""
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
