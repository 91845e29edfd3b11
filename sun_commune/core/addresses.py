"""Whole addresses of the site's pages. They come from SUN_BASE_URL alone: a request's ``Host`` is the sender's word,
and a link built from it leads wherever the sender likes."""

from __future__ import annotations

from sun_commune import config


def absolute(path: str) -> str:
    """``/zh/needs/XQ-2026-00042`` -> ``https://sun.example/zh/needs/XQ-2026-00042``."""
    return config.current().base_url.rstrip("/") + path
