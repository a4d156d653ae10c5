"""The receipt as a PDF: the same bytes for the same order as it stands.

Text is shaped (Arabic, Hebrew, ligatures) by HarfBuzz. What the font has no letter for, such as Chinese, is drawn as □, and a
line says so and names the order's page, which shows everything.
"""

from collections.abc import Sequence

from django.conf import settings
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from reservations.charges.calculate import Charges
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import is_collected
from reservations.purchases.receipts import address_lines
from reservations.refunds.models import Refund

FONT = settings.BASE_DIR / "static/vendor/dejavu/dejavu-2.37.3-sans.ttf"
MISSING = "□"
MARGIN, NAMES, LINE, SMALL_LINE = 20, 45, 6, 5  # millimetres
TITLE, TEXT, SMALL = 18, 10, 8  # points
SOFT, INK = (108, 103, 93), (0, 0, 0)

Rows = Sequence[tuple[str, str]]


def receipt_pdf(order: Purchase, refunds: Sequence[Refund]) -> bytes:
    """The receipt of an order whose drop, sneaker and size are loaded; `refunds` are those that were sent."""
    page = _Page()
    page.creation_date = order.created_at
    page.set_title(f"Receipt {order.number}")
    page.seller()
    page.heading(f"Receipt {order.number}")
    page.rows(_order_rows(order))
    page.rows([*_sums(order.charges), *((f"Refund {refund.n}", f"-{refund.money}") for refund in refunds)])
    page.lines("Collect at" if is_collected(order.address) else "Ships to", address_lines(order.address))
    page.note(f"{settings.SITE_URL}{order.get_absolute_url()}")
    return bytes(page.output())


def _order_rows(order: Purchase) -> Rows:
    sneaker = order.drop.sneaker
    return (
        ("Date", f"{order.created_at:%Y-%m-%d}"),
        ("Item", f"{sneaker.brand} {sneaker.name}, {sneaker.style_code}"),
        ("Size", f"{order.size.label} {sneaker.size_system}"),
        ("Status", order.get_status_display()),
        *((("Arrives", order.arrives.text),) if order.arrives else ()),
    )


def _sums(paid: Charges) -> Rows:
    included = " (included)" if paid.tax_included else ""
    tax = [(f"{paid.tax_label}{included}", str(paid.tax))] if paid.tax_label else []
    return (("Price", str(paid.price)), ("Shipping", str(paid.shipping)), *tax, ("Total paid", str(paid.total)))


class _Page(FPDF):
    """One page of A4 in the shop's plain look. `write_line` notes whether a letter was missing."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.add_font("Sans", fname=FONT)
        self.set_text_shaping(use_shaping_engine=True)
        self.set_margins(MARGIN, MARGIN)
        self.add_page()
        self.set_font("Sans", size=TEXT)
        font = self.fonts["sans"]
        self.known = font.cmap if isinstance(font, TTFFont) else {}
        self.lacks = False

    def drawn(self, text: str) -> str:
        """The text, with □ for each letter that the font lacks."""
        found = "".join(letter if ord(letter) in self.known else MISSING for letter in text)
        self.lacks = self.lacks or found != text
        return found

    def seller(self) -> None:
        """Who sold it, as the settings say."""
        tax_id = [f"Tax ID: {settings.SHOP_TAX_ID}"] if settings.SHOP_TAX_ID else []
        for line in (settings.SHOP_NAME, *settings.SHOP_ADDRESS, *tax_id):
            self._line(line)
        self.ln(LINE)

    def heading(self, text: str) -> None:
        self.set_font_size(TITLE)
        self._line(text, height=2 * LINE)
        self.set_font_size(TEXT)
        self.ln(LINE / 2)

    def rows(self, rows: Rows) -> None:
        """Names on the left, what they are on the right; a hairline above."""
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(LINE / 2)
        for name, said in rows:
            self._name(name)
            self._line(said)
        self.ln(LINE / 2)

    def lines(self, name: str, lines: Sequence[str]) -> None:
        """One name for several lines."""
        self.rows([(name if place == 0 else "", line) for place, line in enumerate(lines)])

    def note(self, address: str) -> None:
        """What could not be drawn, if anything, and where it is shown."""
        if not self.lacks:
            return
        self.set_font_size(SMALL)
        said = f"{MISSING} stands for a letter that this file cannot draw. The page of the order shows it: {address}"
        self._line(said, height=SMALL_LINE)

    def _name(self, name: str) -> None:
        self.set_text_color(*SOFT)
        self.cell(w=NAMES, h=LINE, text=self.drawn(name))
        self.set_text_color(*INK)

    def _line(self, text: str, *, height: float = LINE) -> None:
        self.multi_cell(w=0, h=height, text=self.drawn(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
