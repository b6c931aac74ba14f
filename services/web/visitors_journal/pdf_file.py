"""The journal of a period as a PDF to print and sign: A4 across, the columns' titles on every page, what was added
beneath its entry.
"""

from collections.abc import Sequence
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace

from services.web.visitors_journal.book import Entry, Wording

FONT = "PT Sans"
"""It has every letter of the Kazakh alphabet, and comes as a package."""

_FILES = {"": "PT_Sans-Web-Regular.ttf", "B": "PT_Sans-Web-Bold.ttf"}
_WEIGHTS = {"number": 5, "date": 9, "time_in": 6, "time_out": 6, "name": 15, "document": 12, "checked": 12}
_WEIGHT = 10
_TEXT_PT, _TITLE_PT, _FOOT_PT = 7, 11, 7
_GREY = 235


class _Book(FPDF):
    """Pages with the school and the period at the head, and the page's number at the foot."""

    def __init__(self, told: Wording, title: str) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self._told, self._title = told, title
        for style, name in _FILES.items():
            self.add_font(FONT, style, str(files("fontpkg_pt_sans") / "files" / name))
        self.set_title(title)
        self.set_lang(str(told.words.language))
        self.set_margins(10, 10, 10)
        self.set_auto_page_break(True, margin=14)

    def header(self) -> None:
        """Write the head of a page."""
        self.set_font(FONT, "B", _TITLE_PT)
        self.multi_cell(0, 6, self._title, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-11)
        self.set_font(FONT, "", _FOOT_PT)
        self.cell(0, 5, self._told.words.say("journal.page", page=self.page_no(), pages="{nb}"), align="R")


def pdf_file(told: Wording, entries: Sequence[Entry], title: str) -> bytes:
    """Give the file; a period without entries says so."""
    pages = _Book(told, title)
    pages.add_page()
    pages.set_font(FONT, "", _TEXT_PT)
    heads = FontFace(family=FONT, emphasis="BOLD", fill_color=_GREY)
    weights = tuple(_WEIGHTS.get(code, _WEIGHT) for code in told.columns.shown)
    with pages.table(
        col_widths=weights,
        headings_style=heads,
        text_align="LEFT",
        line_height=3.4,
        padding=0.6,
        cell_fill_mode=TableCellFillMode.NONE,
    ) as table:
        table.row(told.titles())
        for entry in entries:
            table.row(told.cells(entry))
            beneath = told.beneath(entry)
            if beneath:
                table.row().cell("\n".join(beneath), colspan=len(weights))
    if not entries:
        pages.ln(3)
        pages.cell(0, 6, told.words.say("journal.none"))
    return bytes(pages.output())
