"""The journal of a period as a PDF to print and sign: A4 across, the columns' titles on every page, what was added
beneath its entry.

The rows are laid out here and not by fpdf2's table, which measures every cell twice: 7 times the time.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from fpdf import FPDF

from services.web.visitors_journal.book import Entry, Wording

FONT = "PT Sans"
"""It has every letter of the Kazakh alphabet, and comes as a package."""

Style = Literal["", "B"]
_FILES: dict[Style, str] = {"": "PT_Sans-Web-Regular.ttf", "B": "PT_Sans-Web-Bold.ttf"}
_WEIGHTS = {"number": 5, "date": 9, "time_in": 6, "time_out": 6, "name": 15, "document": 12, "checked": 12}
_WEIGHT = 10
_TEXT_PT, _TITLE_PT = 7, 11
_MARGIN_MM, _FOOT_MM, _LINE_MM, _PAD_MM = 10, 14, 3.1, 0.8
_LINES_AT_MOST = 45
_GREY = 235
_WORDS_KEPT = 20_000


class _Book(FPDF):
    """Pages with the school, the period and the columns' titles at the head, and the page's number at the foot."""

    def __init__(self, told: Wording, title: str) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self._told, self._title, self._titles = told, title, told.titles()
        for style, name in _FILES.items():
            self.add_font(FONT, style, str(files("fontpkg_pt_sans") / "files" / name))
        self.set_title(title)
        self.set_lang(str(told.words.language))
        self.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(False)
        weights = [_WEIGHTS.get(code, _WEIGHT) for code in told.columns.shown]
        self._widths_mm = [weight * self.epw / sum(weights) for weight in weights]
        self._measured = lru_cache(_WORDS_KEPT)(self.get_string_width)

    def header(self) -> None:
        """Write the head of a page."""
        self.set_font(FONT, "B", _TITLE_PT)
        self.multi_cell(0, 6, self._title, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)
        self._style("B")
        self.set_fill_color(_GREY)
        self._row(self._titles, self._widths_mm, filled=True)
        self._style("")

    def footer(self) -> None:
        """Write the foot of a page."""
        self._style("")
        self.set_y(-_FOOT_MM + 3)
        self.cell(0, 5, self._told.words.say("journal.page", page=self.page_no(), pages="{nb}"), align="R")

    def entry(self, entry: Entry) -> None:
        """Write an entry and, right across, what stands beneath it."""
        self._row(self._told.cells(entry), self._widths_mm)
        for line in self._told.beneath(entry):
            self._row([line], [self.epw])

    def _style(self, style: Style) -> None:
        self.set_font(FONT, style, _TEXT_PT)
        self._measured.cache_clear()

    def _row(self, cells: Sequence[str], widths_mm: Sequence[float], *, filled: bool = False) -> None:
        told = [self._lines(cell, width - 2 * _PAD_MM) for cell, width in zip(cells, widths_mm, strict=True)]
        height = max(len(lines) for lines in told) * _LINE_MM + 2 * _PAD_MM
        if self.y + height > self.h - _FOOT_MM and not filled:
            self.add_page()
        left, top = self.l_margin, self.y
        for lines, width in zip(told, widths_mm, strict=True):
            self.rect(left, top, width, height, "DF" if filled else "D")
            for place, line in enumerate(lines, 1):
                self.text(left + _PAD_MM, top + _PAD_MM + place * _LINE_MM - 0.7, line)
            left += width
        self.set_xy(self.l_margin, top + height)

    def _lines(self, cell: str, width_mm: float) -> list[str]:
        """Break a cell into lines, between words, or within one that is wider than its column."""
        lines: list[str] = [""]
        room = width_mm
        space = self._measured(" ")
        for word in cell.split():
            wide = self._measured(word)
            if lines[-1] and space + wide <= room:
                lines[-1] += f" {word}"
                room -= space + wide
                continue
            for piece in self._pieces(word, width_mm) if wide > width_mm else (word,):
                if lines[-1]:
                    lines.append("")
                lines[-1] = piece
                room = width_mm - self._measured(piece)
        return lines if len(lines) <= _LINES_AT_MOST else [*lines[: _LINES_AT_MOST - 1], "…"]

    def _pieces(self, word: str, width_mm: float) -> list[str]:
        pieces = [""]
        for letter in word:
            if pieces[-1] and self._measured(pieces[-1]) + self._measured(letter) > width_mm:
                pieces.append("")
            pieces[-1] += letter
        return pieces


def pdf_file(told: Wording, entries: Sequence[Entry], title: str) -> bytes:
    """Give the file; a period without entries says so."""
    pages = _Book(told, title)
    pages.add_page()
    for entry in entries:
        pages.entry(entry)
    if not entries:
        pages.ln(3)
        pages.cell(0, 6, told.words.say("journal.none"))
    return bytes(pages.output())
