"""Every visible word goes through gettext, and every one of them has its Chinese.

The other direction, pages that show a foreign word all the same, is looked for by the journeys.
"""

import html
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.pofile import read_po

from sun_commune.core.i18n import CATALOG

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    each for each in (ROOT / "sun_commune" / "templates").rglob("*") if each.suffix in {".html", ".txt", ".svg"}
)
REMEDY = "CONTRIBUTING.md says how to bring messages.po up to date"
CHINESE = re.compile("[\u4e00-\u9fff]")
# Names and units that are the same in every language.
SAME_EVERYWHERE = re.compile(r"\b(?:SVG|CSV|JSON|PDF|QR|OK|ID|km|kg)\b|阳光公社|中文|简体中文|English")
SHOWN_ATTRIBUTES = ("alt", "aria-label", "aria-description", "placeholder", "title")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")


def extracted():
    """Message -> places, of code and templates. A message is a text, or singular and plural together."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in settings]
    keywords = DEFAULT_KEYWORDS | parse_keywords(["_l", "lazy_gettext", "lazy_ngettext:1,2"])
    messages = {}
    for name, line, message, *_ in extract_from_dir(str(ROOT), methods, keywords=keywords):
        if not Path(name).is_relative_to("sun_commune/migrations"):
            messages.setdefault(message, []).append(f"{name}:{line}")
    return messages


@pytest.fixture(scope="module")
def used():
    return extracted()


@pytest.fixture(scope="module")
def catalog():
    with CATALOG.open("rb") as source:
        return read_po(source, locale="zh_Hans_CN")


def chinese_of(catalog, message):
    entry = catalog.get(message if isinstance(message, str) else message[0])
    words = entry.string if entry and not entry.fuzzy else ""
    return words if isinstance(words, str) else words[0]


def test_the_extraction_finds_the_messages(used):
    """Guards the tests below: with nothing extracted all of them would pass."""
    assert "Go to the home page" in used
    assert any(place.endswith(".py") or ".py:" in place for places in used.values() for place in places)


def test_every_message_has_its_chinese(used, catalog):
    missing = [f"{places[0]}  {message!r}" for message, places in used.items() if not chinese_of(catalog, message)]
    assert not missing, f"{len(missing)} messages without Chinese; {REMEDY}:\n" + "\n".join(sorted(missing))


def test_every_translation_fills_the_same_placeholders(used, catalog):
    wrong = []
    for message in used:
        words = chinese_of(catalog, message)
        # The plural has all of them; Chinese has one form for one and for many.
        asked = set(PLACEHOLDER.findall(message if isinstance(message, str) else message[1]))
        if words and set(PLACEHOLDER.findall(words)) != asked:
            wrong.append(f"{message!r}: {words!r}")
    assert not wrong, "\n".join(wrong)


def test_the_catalog_holds_nothing_that_is_no_longer_said(used, catalog):
    said = {message if isinstance(message, str) else message[0] for message in used}
    left_over = [
        entry.id
        for entry in catalog
        if entry.id and (entry.id if isinstance(entry.id, str) else entry.id[0]) not in said
    ]
    assert not left_over, f"{REMEDY}: {left_over}"


def test_messages_are_english(used):
    """Chinese lives in the catalog, so that both languages are complete by the same rule."""
    texts = [text for message in used for text in ([message] if isinstance(message, str) else message)]
    # English may quote a Chinese word as an example; a text without any English is written in the wrong language.
    chinese = [text for text in texts if CHINESE.search(text) and not re.search("[A-Za-z]{3}", text)]
    assert set(chinese) <= {"中文"}, "the language switch alone names itself"


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "sun_commune/templates").as_posix()
)
def test_no_template_shows_a_word_past_gettext(template):
    bare = bare_words(template.read_text(encoding="utf-8"))
    assert not bare, f"wrap these in _(): {bare}"


def bare_words(source):
    """Words that a reader would see and gettext would not."""
    text = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\x00", text, flags=re.DOTALL)
    # Commands and addresses are the same in every language.
    unseen = r"<(script|style|code)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>"
    text = re.sub(unseen, "", text, flags=re.DOTALL | re.IGNORECASE)
    shown = [value for name, value in re.findall(r'\s([\w-]+)="([^"]*)"', text) if name in SHOWN_ATTRIBUTES]
    shown.append(re.sub(r"<[^>]*>", "\x00", text))
    shown = [html.unescape(each) for each in shown]
    words = re.findall(r"[A-Za-z\u4e00-\u9fff][\w'\u4e00-\u9fff -]*", SAME_EVERYWHERE.sub("", "\x00".join(shown)))
    return [word.strip() for word in words if re.search("[A-Za-z]{2}|[\u4e00-\u9fff]", word)]


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>Hello there</p>", ["Hello there"]),
        ("<p>你好</p>", ["你好"]),
        ("<p>Type <code>python3 check.py</code></p>", ["Type"]),
        ('<img alt="A cow">', ["A cow"]),
        ('<img alt="{{ _("A cow") }}" class="wide">', []),
        ("{# a note #}<script>let word = 1</script><!-- a note -->", []),
        ('<meta name="viewport" content="width=device-width, initial-scale=1">', []),
        ("<a>{{ link }}</a> CSV &amp; 3 km", []),
    ],
)
def test_bare_words_are_found(source, bare):
    """The finder itself, on what it must and must not find."""
    assert bare_words(source) == bare
