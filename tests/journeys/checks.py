"""What holds on every page, asked of a real browser."""

from __future__ import annotations

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

AXE = AXE_FILE_PATH.read_text(encoding="utf-8")

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: Controls lower than 44 CSS pixels; a box counts with its label.
TOO_LOW = """() => [...document.querySelectorAll(
    'button, summary, select, textarea, input:not([type=hidden]), a.button, .site-nav a, .site-head__tools a')]
  .map(e => [e.outerHTML.slice(0, 80), (e.closest('label.check') || e).getBoundingClientRect()])
  .filter(([html, box]) => box.width && box.height < 43.5 && !html.includes('class="hidden"'))
  .map(([html, box]) => html + ' ' + box.height)"""

#: Fields, headings and language that a page must have; each entry says what is missing.
SHAPE = """() => {
  const wrong = [];
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (!/\\S.* · \\S/.test(document.title)) wrong.push('title: ' + document.title);
  const lang = location.pathname.startsWith('/en') ? 'en' : 'zh-CN';
  if (document.documentElement.lang !== lang) wrong.push('lang: ' + document.documentElement.lang);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  if (twice.length) wrong.push('ids twice: ' + twice);
  document.querySelectorAll('[tabindex]').forEach(e => {
    if (e.tabIndex > 0) wrong.push('tab order set by hand: ' + e.outerHTML.slice(0, 80)); });
  document.querySelectorAll('a[href^="#"]').forEach(e => {
    const to = e.getAttribute('href').slice(1);
    if (to && !document.getElementById(to)) wrong.push('leads nowhere: #' + to); });
  return wrong;
}"""

TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth, seen = document.documentElement.clientWidth;
  if (wide <= seen) return [];
  return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > seen + 1 &&
    !e.closest('.scroll, .hidden')).map(e => 'wider than ' + seen + ': ' + e.outerHTML.slice(0, 100)).slice(0, 3)
    .concat('page is ' + wide);
}"""


#: On a phone rows are cards: no table hides half of a row beside the screen.
SIDEWAYS = """() => innerWidth > 600 ? [] : [...document.querySelectorAll('.scroll')]
  .filter(e => e.scrollWidth > e.clientWidth)
  .map(e => `scrolls sideways: ${e.getAttribute('aria-label')} ${e.scrollWidth} > ${e.clientWidth}`)"""

#: On a phone each cell stands after the name of its column, which must wrap: else it lies over the value.
UNWRAPPED = """() => innerWidth > 600 ? [] : [...document.querySelectorAll('.cards td:not(:empty)')]
  .filter(e => getComputedStyle(e).whiteSpace === 'nowrap').slice(0, 3)
  .map(e => `label lies over its value: ${e.dataset.label} ${e.textContent.slice(0, 40)}`)"""


#: The library is put into a page once, however often it is asked; only what is wrong is reported in full.
RUN_AXE = """async tags => (await axe.run({
  runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}))
  .violations.flatMap(rule => rule.nodes.slice(0, 3).map(
    node => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`))"""


def axe_findings(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE, AXE_TAGS)
    return found


def faults_of_page(page: Page, widths: tuple[int, ...]) -> list[str]:
    """Everything wrong with the page that is open, at these widths."""
    faults = [f"{page.url} {fault}" for fault in page.evaluate(SHAPE)]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        found = axe_findings(page)
        for question in (TOO_LOW, TOO_WIDE, SIDEWAYS, UNWRAPPED):
            found += page.evaluate(question)
        faults += [f"{page.url} at {width}: {fault}" for fault in found]
    return faults
