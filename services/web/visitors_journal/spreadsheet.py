"""The journal of a period as CSV and XLSX. What a visitor typed is text there, whatever it begins with."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from services.web.visitors_journal.book import Entry, Wording

SEPARATOR = ";"
"""What spreadsheets expect between columns where a comma is the decimal sign, as in Kazakh and Russian."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDTHS = {"number": 7, "date": 11, "time_in": 9, "time_out": 9, "name": 30}
_WIDTH, _WIDE = 20, 50


def csv_file(told: Wording, entries: Sequence[Entry]) -> bytes:
    """Give a CSV file, UTF-8 with a mark at its begin so that a spreadsheet reads Kazakh; additions in the last
    column.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATOR, lineterminator="\r\n")
    for row in _rows(told, entries):
        writer.writerow([_defused(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(told: Wording, entries: Sequence[Entry], title: str) -> bytes:
    """Give an XLSX file, ready to print on A4 across; every cell is text."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    for place, row in enumerate(_rows(told, entries)):
        for column, cell in enumerate(row):
            sheet.write_string(place, column, cell, plain if place else bold)
    for column, code in enumerate(told.columns.shown):
        sheet.set_column(column, column, _WIDTHS.get(code, _WIDTH))
    sheet.set_column(len(told.columns.shown), len(told.columns.shown), _WIDE)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{title.replace('&', '&&')}&R&P / &N")
    book.close()
    return made.getvalue()


def _rows(told: Wording, entries: Sequence[Entry]) -> list[list[str]]:
    head = [*told.titles(), told.words.say("journal.additions")]
    return [head, *([*told.cells(entry), " · ".join(told.beneath(entry))] for entry in entries)]


def _defused(cell: str) -> str:
    """Keep a spreadsheet from calculating what somebody has typed."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_BEGINS_A_FORMULA) else cell
