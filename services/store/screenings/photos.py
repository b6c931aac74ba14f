"""Photos of things in custody: a picture without whatever the camera wrote into it, at most so large, for as long as it
is promised, and never of a person or a document.
"""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlmodel import Field, Session, SQLModel, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.insertion import insert_once
from services.store.screenings.custody import CustodyRow

LARGEST_BYTES: Final = 5 * 1024 * 1024
LONGEST_PX: Final = 1600
KEPT: Final = timedelta(days=90)
"""How long a photo is kept; that of a thing which still lies at the post then, until it has gone."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 60_000_000
"""What a camera of our day makes, and no bomb that unpacks to gigabytes."""

_QUALITY = 82


class CustodyPhotoRow(SQLModel, table=True):
    """The photo of a thing in custody, as a JPEG."""

    __tablename__ = "custody_photos"
    __table_args__ = (sa.Index("ix_custody_photos_kept_until", "kept_until"),)

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    jpeg: bytes
    by: str
    taken_at: datetime = Field(sa_type=UtcDateTime)
    kept_until: datetime = Field(sa_type=UtcDateTime)


class NotAPhoto(ValueError):  # noqa: N818  said to a guard
    """What was sent is no picture that we take; nothing of it is kept."""


def taken_in(content: bytes) -> bytes:
    """Give a picture (JPEG, PNG or WebP) drawn anew as a JPEG: upright, at most 1600 pixels long, with no place, date
    or camera in it. Anything else is a NotAPhoto.
    """
    if len(content) > LARGEST_BYTES:
        message = "too large"
        raise NotAPhoto(message)
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                message = "too many pixels"
                raise NotAPhoto(message)
            image.draft("RGB", (LONGEST_PX, LONGEST_PX))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_PX, LONGEST_PX))
            bare = Image.new("RGB", upright.size, "white")
            opaque = upright.convert("RGBA")
            bare.paste(opaque, mask=opaque)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, NotAPhoto):
            raise
        message = "not a picture"
        raise NotAPhoto(message) from error
    written = BytesIO()
    bare.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()


def keep(session: Session, *, site: str, number: int, jpeg: bytes, by: str, at: datetime) -> bool:
    """Keep the photo of a thing of a site; the first one stays. False when there is no such thing."""
    if session.get(CustodyRow, (site, number)) is None:
        return False
    if session.get(CustodyPhotoRow, (site, number)) is None:
        row = CustodyPhotoRow(site=site, number=number, jpeg=jpeg, by=by, taken_at=at, kept_until=at + KEPT)
        insert_once(session, CustodyPhotoRow, [row.model_dump()])
        audit.note(session, site=site, by=by, act="custody_photo_kept", subject=f"custody/{number}", at=at)
    return True


def one(session: Session, site: str, number: int) -> bytes | None:
    """Give the photo of a thing of a site."""
    row = session.get(CustodyPhotoRow, (site, number))
    return row.jpeg if row is not None else None


def there_is(session: Session, site: str, number: int) -> bool:
    """Tell whether a thing has a photo, without fetching it."""
    query = select(CustodyPhotoRow.number).where(CustodyPhotoRow.site == site, CustodyPhotoRow.number == number)
    return session.exec(query).first() is not None
