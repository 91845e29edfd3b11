"""The page behind the QR: how the slip stands now, for whoever holds it."""

from __future__ import annotations

from flask import Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from sun_commune.core import access, i18n
from sun_commune.core.errors import Missing
from sun_commune.receipts import queries, words
from sun_commune.receipts.views.doors import blueprint, root_blueprint, unlisted
from sun_commune.transparency import evidence


@root_blueprint.get("/receipts/<secret>")
@access.public
def open_receipt(secret: str) -> AnyResponse:
    """To the reader's language; what does not exist is told there."""
    response = redirect(url_for("receipts.show_receipt", lang=i18n.preferred_lang(), secret=secret[:40]))
    response.headers["Vary"] = "Accept-Language"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@root_blueprint.get("/receipts/<secret>.tlog-proof")
@access.public
def download_proof(secret: str) -> Response:
    """The proof that the gift's entry stands in the sealed log (C2SP tlog-proof); 404 until the log is signed over
    it."""
    receipt = queries.find_by_secret(secret[:40])
    found = evidence.of_transfer(queries.uid_of(receipt))
    if found is None or found.proof is None:
        raise Missing
    response = unlisted(found.proof, media="text/plain; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{found.uid}.tlog-proof")
    return response


@blueprint.get("/receipts/<secret>")
@access.public
def show_receipt(secret: str) -> Response:
    """Valid, refunded or void, as the ledger says at this moment; the donor as the public ledger names them."""
    receipt = queries.find_by_secret(secret[:40])
    return unlisted(
        render_template(
            "receipts/show_receipt.html",
            slip=queries.slip_of(receipt),
            before=queries.predecessor_of(receipt),
            after=queries.replacement_of(receipt),
            words=words,
        )
    )
