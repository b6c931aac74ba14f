"""A code to show or print: level M, black on white, with its quiet zone."""

import segno
from segno import QRCode

QUIET_ZONE = 4


def qr_code(text: str) -> QRCode:
    """Make a code for a scanner."""
    return segno.make(text, error="m", boost_error=False, micro=False)


def inline_picture(code: QRCode, title: str) -> str:
    """Draw a code as a picture in the page."""
    return code.svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", dark="#000", title=title, svgclass="code")
