"""Security headers on every answer: nothing foreign, nothing inline, nothing framed, private pages not kept."""

from __future__ import annotations

from flask import Flask, Response, request, session
from werkzeug.routing import RequestRedirect

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def without_host(answer: Response) -> Response:
    """Werkzeug's own redirects (a slash too few or too many) name the ``Host`` of the request, which is the sender's
    word; ours name a path."""
    if isinstance(request.routing_exception, RequestRedirect):
        path = answer.headers["Location"].removeprefix(request.host_url).lstrip("/")
        answer.headers["Location"] = f"/{path}"
        answer.set_data(b"")  # its words name the host too, and nobody reads them
    return answer


def init_app(app: Flask, *, https: bool) -> None:
    app.after_request(without_host)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if https:
            headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        if "Cache-Control" not in headers and request.endpoint != "static":
            headers["Cache-Control"] = "no-store" if session else "no-cache"
        return response
