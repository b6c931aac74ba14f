"""A code to show or print, as a picture in the page."""

import segno

QUIET_ZONE = 4


def qr_picture(text: str, title: str) -> str:
    """Draw a code for a scanner: level M, black on white, with its quiet zone, as an inline picture."""
    code = segno.make(text, error="m", boost_error=False, micro=False)
    return code.svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", dark="#000", title=title, svgclass="code")
