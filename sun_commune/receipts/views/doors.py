"""The blueprints, and what several pages of receipts share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, stream_with_context

from sun_commune.core.exports import csv_stream
from sun_commune.receipts import queries, words
from sun_commune.receipts.models import Receipt
from sun_commune.receipts.queries import Slip

blueprint = Blueprint("receipts", __name__)
#: The page behind the QR has no language in its address: whoever scans it reads it in the own one.
root_blueprint = Blueprint("receipt_doors", __name__)


def clean_code(text: str | None, most: int = 20) -> str:
    return "".join(char for char in (text or "").upper() if char.isascii() and (char.isalnum() or char == "-"))[:most]


def find_receipt(number: str) -> Receipt:
    return queries.find_by_number(clean_code(number))


def slip_values(receipt: Receipt) -> dict[str, Any]:
    """All that the slip itself says, for the page, the print and the PDF."""
    slip, after = queries.slip_of(receipt), queries.replacement_of(receipt)
    rows = words.slip_rows(
        slip, name=queries.name_on(receipt), handler=queries.handler_of(receipt),
        before=queries.predecessor_of(receipt), after=after,
    )  # fmt: skip
    return {"slip": slip, "rows": rows, "after": after, "words": words}


def send_csv(slips: Iterable[Slip], name: str) -> Response:
    """Sent while it is read."""
    rows = (words.csv_row(slip) for slip in slips)
    response = Response(stream_with_context(csv_stream(words.csv_head(), rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def send_pdf(data: bytes, name: str) -> Response:
    response = Response(data, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def unlisted(page: str | bytes, *, media: str = "text/html; charset=utf-8") -> Response:
    """An answer that search engines keep out of their lists, and proxies out of their stores."""
    response = Response(page, content_type=media)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret of whoever holds the slip
    return response
