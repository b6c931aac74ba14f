"""From the answers of a form to what is asked of the school. An identity number is hashed before it is kept at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from schemas.credential import Category
from services.i18n.words import Language
from services.store.visits.deeds import Asked
from services.store.visits.seals import Seals
from services.web.visitor_portal import fields

PASSPORT = "passport"


def to_keep(answers: Mapping[str, str], site: str, seals: Seals) -> dict[str, str]:
    """Give a question's answers as the draft keeps them: the identity number as its keyed hash."""
    number = answers.get("iin")
    return {**answers, "iin": seals.hashed("iin", site, number)} if number else dict(answers)


def asked_of(answers: Mapping[str, str], *, offset_min: int, language: Language, at: datetime) -> Asked:
    """Give a whole form as what is asked; an answer that is missing is our fault and a KeyError."""
    begins, ends = fields.moments(answers["date"], answers["from"], answers["until"], offset_min)
    passport = answers["passport"]
    return Asked(
        category=cast("Category", answers["category"]),
        name=answers["name"],
        iin_hash=answers["iin"] or None,
        document_kind=PASSPORT if passport else None,
        document_tail=passport or None,
        host_text=answers["host_text"],
        purpose=answers["purpose"],
        arrives_at=begins,
        leaves_at=ends,
        companions=answers["companions"].splitlines(),
        vehicle=answers["vehicle"] or None,
        things=answers["things"] or None,
        contact=answers["contact"],
        contact_checked_at=at,
        language=language,
        consent_version=answers["consent"],
        consent_at=at,
    )
