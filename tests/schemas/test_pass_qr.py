"""A pass as a QR code: the longest token still fits, and two readers that we did not write read it from prints and
screens as they are in a visitor's hand.
"""

import io
import random
from collections.abc import Callable

import pytest
import segno
import zxingcpp
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from pyzbar import pyzbar  # type: ignore[import-untyped]  # it brings no types

from schemas.pass_token import MAX_CHARACTERS, PassClaims, written
from tests.vectors.pass_tokens import seed

MAX_VERSION = 12
MODULE_PIXELS = 5
QUIET_MODULES = 4
PASS = written(
    PassClaims(iss="almaty-school-159", jti="7f3a9c10b2d84e55", nbf=1795395600, exp=1795424400), "2026-11-a", seed(1)
)
Spoil = Callable[[Image.Image], Image.Image]


def code(text: str) -> segno.QRCode:
    """Make the code as pages and badges print it: level M, no more redundancy than that."""
    return segno.make_qr(text, error="m", boost_error=False)


def drawn(text: str) -> Image.Image:
    """Draw the code, black on white with its quiet zone."""
    image = io.BytesIO()
    code(text).save(image, kind="png", scale=MODULE_PIXELS, border=QUIET_MODULES)
    return Image.open(image).convert("L")


def rotated(degrees: float) -> Spoil:
    """Hold the phone crooked."""
    return lambda image: image.rotate(degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)


def low_contrast(image: Image.Image) -> Image.Image:
    """Dim the screen in the sun."""
    return ImageEnhance.Contrast(image).enhance(0.25)


def in_low_light(image: Image.Image) -> Image.Image:
    """Look at it in a dark doorway."""
    return ImageEnhance.Brightness(ImageEnhance.Contrast(image).enhance(0.5)).enhance(0.35)


def blurred(image: Image.Image) -> Image.Image:
    """Move it while it is read."""
    return image.filter(ImageFilter.GaussianBlur(MODULE_PIXELS * 0.4))


def scratched(image: Image.Image) -> Image.Image:
    """Crack the glass across the whole code."""
    spoiled = image.copy()
    width, height = spoiled.size
    ImageDraw.Draw(spoiled).line(
        [(0, height * 0.35), (width * 0.5, height * 0.55), (width, height * 0.5)], fill=255, width=MODULE_PIXELS
    )
    return spoiled


def covered_corner(image: Image.Image) -> Image.Image:
    """Put a thumb on the corner that has no finder."""
    spoiled = image.copy()
    width, height = spoiled.size
    edge = QUIET_MODULES * MODULE_PIXELS
    ImageDraw.Draw(spoiled).ellipse(
        [width - edge - 10 * MODULE_PIXELS, height - edge - 10 * MODULE_PIXELS, width, height], fill=150
    )
    return spoiled


def in_perspective(image: Image.Image) -> Image.Image:
    """Tilt it away from the scanner."""
    width, height = image.size
    leaning = (0.0, 0.0, width * 0.06, height, width * 0.94, height, width, 0.0)
    wide = Image.new("L", (width * 2, height * 2), 255)
    wide.paste(image, (width // 2, height // 2))
    around = tuple(value * 2 for value in leaning)
    return wide.transform(wide.size, Image.Transform.QUAD, around, resample=Image.Resampling.BICUBIC, fillcolor=255)


def as_a_bad_picture(image: Image.Image) -> Image.Image:
    """Send it through a messenger that saves on quality."""
    sent = io.BytesIO()
    image.save(sent, format="JPEG", quality=12)
    return Image.open(sent).convert("L")


def noisy(image: Image.Image) -> Image.Image:
    """Photograph it with a cheap camera at dusk."""
    drawn_by = random.Random(4)
    spoiled = image.copy()
    pixels = spoiled.load()
    assert pixels is not None
    for x in range(spoiled.width):
        for y in range(spoiled.height):
            pixels[x, y] = min(255, max(0, int(pixels[x, y]) // 2 + 64 + int(drawn_by.gauss(0, 14))))  # type: ignore[arg-type]
    return spoiled


def small(image: Image.Image) -> Image.Image:
    """Print it on a badge of four centimetres: two pixels a module for the scanner."""
    return image.resize((image.width * 2 // MODULE_PIXELS, image.height * 2 // MODULE_PIXELS), Image.Resampling.LANCZOS)


SPOILED: dict[str, Spoil] = {
    "as it is": lambda image: image,
    "turned by 7 degrees": rotated(7),
    "turned by 45 degrees": rotated(45),
    "upside down": rotated(180),
    "low contrast": low_contrast,
    "low light": in_low_light,
    "blurred": blurred,
    "a scratch across": scratched,
    "a covered corner": covered_corner,
    "in perspective": in_perspective,
    "a bad picture": as_a_bad_picture,
    "noise": noisy,
    "small": small,
    "a crooked, scratched, bad picture in low contrast": lambda image: as_a_bad_picture(
        low_contrast(rotated(5)(scratched(image)))
    ),
}


def by_zxing(image: Image.Image) -> list[str]:
    """Read with ZXing."""
    return [found.text for found in zxingcpp.read_barcodes(image)]


def by_zbar(image: Image.Image) -> list[str]:
    """Read with ZBar."""
    return [found.data.decode() for found in pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def test_a_usual_pass_and_the_longest_one_fit_the_code_that_scanners_read() -> None:
    assert len(PASS) <= MAX_CHARACTERS
    for text in (PASS, "a" * MAX_CHARACTERS):
        made = code(text)
        assert (made.error, int(made.version) <= MAX_VERSION) == ("M", True)
    assert int(code("a" * (MAX_CHARACTERS + 1)).version) == MAX_VERSION + 1


@pytest.mark.parametrize("reader", [by_zxing, by_zbar], ids=["zxing", "zbar"])
@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_pass_is_read_however_it_is_held(spoiled: str, reader: Callable[[Image.Image], list[str]]) -> None:
    assert reader(SPOILED[spoiled](drawn(PASS))) == [PASS]


@pytest.mark.parametrize("reader", [by_zxing, by_zbar], ids=["zxing", "zbar"])
def test_half_a_code_is_read_as_nothing_and_never_as_another_pass(reader: Callable[[Image.Image], list[str]]) -> None:
    image = drawn(PASS)
    ImageDraw.Draw(image).rectangle([image.width // 2, 0, image.width, image.height], fill=255)
    assert reader(image) == []
