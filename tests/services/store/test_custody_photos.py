"""Photos of things in custody: drawn anew, or not taken at all."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from services.store.screenings import photos
from services.store.screenings.photos import NotAPhoto

GPS_IFD, MAKE = 0x8825, 0x010F


def picture(kind: str = "JPEG", size: tuple[int, int] = (2400, 1200), mode: str = "RGB") -> bytes:
    """Give a picture as a telephone writes it: turned on its side, with the place where it was taken."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    exif = Image.Exif()
    exif[MAKE], exif[0x0112] = "Telephone", 6
    exif.get_ifd(GPS_IFD)[2] = (43.0, 14.0, 24.0)
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "Иванов")
    written = BytesIO()
    image.save(written, kind, exif=exif, **({"pnginfo": info} if kind == "PNG" else {}))
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")]
)
def test_a_photo_is_drawn_anew_upright_small_and_without_place_or_camera(kind: str, mode: str) -> None:
    kept = photos.taken_in(picture(kind, mode=mode))
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, image.size) == ("JPEG", (800, 1600)), "turned as it was held"
        assert dict(image.getexif()) == {}
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Telephone" not in kept


def plain(kind: str, size: tuple[int, int]) -> bytes:
    written = BytesIO()
    Image.new("1", size).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"",
        lambda: b"<svg onload=alert(1)>",
        lambda: plain("GIF", (8, 8)),
        lambda: picture()[:900],
        lambda: b"\xff\xd8\xff" + b"\x00" * 999,
        lambda: picture() + b"\x00" * photos.LARGEST_BYTES,
        lambda: plain("PNG", (9000, 9000)),
    ],
    ids=["empty", "svg", "gif", "cut off", "only begins so", "too large", "too many pixels"],
)
def test_what_is_no_photo_is_not_taken(content: Callable[[], bytes]) -> None:
    with pytest.raises(NotAPhoto):
        photos.taken_in(content())
