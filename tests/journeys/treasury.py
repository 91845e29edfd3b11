"""What treasurers do on every page for papers: fill in whom they pay and for what, and sign for another's paper."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from sun_commune.core.clock import today
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from tests.journeys.person import Person


def fills_paper(
    treasurer: Person,
    amount: str,
    *,
    purpose: str = "十袋复合肥",
    payee: str = "黄溪乡农资店",
    kind: PayeeKind = PayeeKind.SHOP,
    category: SpendingCategory = SpendingCategory.GOODS_PURCHASE,
) -> None:
    """What every voucher asks."""
    treasurer.fill("Amount", amount)
    treasurer.fill("Day of the payment", today().isoformat())
    treasurer.choose("Spent on", value=category.value)
    treasurer.fill("Purpose", purpose)
    treasurer.choose("Kind of payee", value=kind.value)
    treasurer.fill("Name of the payee", payee)


def attaches_invoice(treasurer: Person, folder: Path, name: str = "invoice") -> None:
    """The paper, and its copy with everything covered."""
    treasurer.attach("Invoice or receipt", sheet(folder, name, "white"))
    treasurer.attach("Public copy of the paper", sheet(folder, f"{name}-covered", "black"))


def sheet(folder: Path, name: str, colour: str) -> Path:
    path = folder / f"{name}.png"
    Image.new("RGB", (800, 600), colour).save(path)
    return path


def hands_it_on(treasurer: Person) -> None:
    treasurer.press("Hand it to a second person")
    treasurer.reads("You wrote this yourself. A second person has to decide it.")


def opens_what_waits(second: Person, code: str) -> None:
    """From the desk, as a checker comes to it."""
    second.open("/desk")
    second.goes(second.page.locator(f"main a[href$='{code}']").first)


def code_of_paper(treasurer: Person) -> str:
    """Of the voucher or budget whose page is open."""
    return treasurer.code_in_address(r"/(?:vouchers|budgets)/([A-Z0-9-]+)$")
