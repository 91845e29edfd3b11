"""Texts in two languages are plain text: what is put into them is escaped."""

from flask import Flask, render_template_string
from flask_babel import gettext
from flask_babel import lazy_gettext as _l


def test_typed_text_inside_a_translation_is_escaped(app: Flask) -> None:
    typed = "<script>alert(1)</script>"
    texts = {"lazy": _l("“%(words)s”", words=typed), "plain": gettext("“%(words)s”", words=typed)}
    with app.test_request_context("/en/"):
        html = render_template_string("{{ lazy }} {{ plain }} {{ lazy | string }}", **texts)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 3
