"""A code to show or print: level M, black on white, with its quiet zone."""

from functools import lru_cache

import segno
from segno import QRCode

QUIET_ZONE = 4
_MADE = 1_000


@lru_cache(_MADE)
def qr_code(text: str) -> QRCode:
    """Make a code for a scanner. To choose its mask takes 25 ms of the processor, so a code that is looked at again is
    not made again; a page that may be the first to show one makes it beside the event loop.
    """
    return segno.make(text, error="m", boost_error=False, micro=False)


@lru_cache(_MADE)
def inline_picture(text: str, title: str) -> str:
    """Draw a code as a picture in the page; to draw it takes a millisecond more."""
    return qr_code(text).svg_inline(
        border=QUIET_ZONE, omitsize=True, light="#fff", dark="#000", title=title, svgclass="code"
    )
