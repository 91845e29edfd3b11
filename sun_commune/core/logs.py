"""One JSON object a line on standard error, each with the request's id; answers carry it as ``X-Request-ID``."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from sun_commune.core.clock import now

_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def request_id() -> str:
    """Id of the present request; empty outside one."""
    return str(g.get("request_id", "")) if has_request_context() else ""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": now().isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id(),
        }
        entry.update({key: str(value) for key, value in record.__dict__.items() if key not in _STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _start() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,40}", given) else secrets.token_hex(8)
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    logging.getLogger("sun_commune.request").info(
        "request",
        extra={
            "method": request.method,
            "endpoint": request.endpoint or "",
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - g.get("started", 0)) * 1000, 1),
        },
    )
    return response


def init_app(app: Flask, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("sun_commune")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    app.before_request(_start)
    app.after_request(_finish)
