"""From the answers of a form to what is asked of the school. An identity number is hashed before it is kept at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from schemas.credential import Category
from services.i18n.words import Language
from services.store.visits.deeds import Asked
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from services.web.visitor_portal import fields, questions

PASSPORT = "passport"


def to_keep(answers: Mapping[str, str], site: str, seals: Seals) -> dict[str, str]:
    """Give a question's answers as the draft keeps them: the identity number as its keyed hash."""
    number = answers.get("iin")
    return {**answers, "iin": seals.hashed("iin", site, number)} if number else dict(answers)


def asked_of(
    told: Mapping[str, str], *, offset_min: int, language: Language, checked_at: datetime, at: datetime
) -> Asked:
    """Give a whole form as what is asked; ``checked_at`` is when the contact was shown to be theirs. An answer that is
    missing is our fault and a KeyError.
    """
    answers = questions.relevant(told)
    weekdays = questions.weekdays_of(answers["weekdays"]) if "weekdays" in answers else None
    begins, ends = _span(answers, weekdays, offset_min)
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
        weekdays=weekdays,
        companions=answers.get("companions", "").splitlines(),
        vehicle=answers.get("vehicle") or None,
        vehicle_make=answers.get("vehicle_make") or None,
        cargo=answers.get("cargo") or None,
        waybill=answers.get("waybill") or None,
        things=answers.get("things") or None,
        contact=answers["contact"],
        contact_checked_at=checked_at,
        language=language,
        consent_version=answers["consent"],
        consent_at=at,
    )


def asked_again(
    before: VisitRow, told: Mapping[str, str], *, offset_min: int, language: Language, at: datetime
) -> Asked:
    """Give what somebody asks who was here before: everything as then, but when and why. Whose contact was not checked
    then is our fault and a ValueError.
    """
    begins, ends = fields.moments(told["date"], told["from"], told["until"], offset_min)
    if before.contact is None or before.contact_checked_at is None:
        message = "a visit without a checked contact"
        raise ValueError(message)
    return Asked(
        category=before.kind,
        name=before.name,
        iin_hash=before.iin_hash,
        document_kind=before.document_kind,
        document_tail=before.document_tail,
        host_text=before.host_text,
        purpose=told["purpose"],
        arrives_at=begins,
        leaves_at=ends,
        companions=before.companions,
        vehicle=before.vehicle,
        vehicle_make=before.vehicle_make,
        cargo=before.cargo,
        waybill=before.waybill,
        things=before.things,
        contact=before.contact,
        contact_checked_at=at,
        language=language,
        consent_version=questions.CONSENT_VERSION,
        consent_at=at,
    )


def _span(answers: Mapping[str, str], weekdays: list[int] | None, offset_min: int) -> tuple[datetime, datetime]:
    times = answers["from"], answers["until"]
    span = (
        fields.regular_moments(weekdays, (answers["date"], answers["last"]), *times, offset_min)
        if weekdays
        else fields.moments(answers["date"], *times, offset_min)
    )
    if span is None:
        message = "no day"
        raise KeyError(message)
    return span
