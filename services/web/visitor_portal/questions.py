"""The questions of the portal in their order: what each asks, with which fields. A table; one generic page shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Reader, Wrong

Widget = Literal["text", "area", "choices", "tick", "date", "time", "email"]
ROLES = (
    ("representative", "visit.role.representative"),
    ("contractor", "visit.role.contractor"),
    ("official", "visit.role.official"),
    ("visitor", "visit.role.visitor"),
)
"""The categories that somebody may say of themselves; pupils and staff have cards, emergency crews need no pass."""

CONSENT_VERSION = "2026-11"
"""Which text of consent was shown; a changed text gets another name."""


class Field(NamedTuple):
    """One field: its name in the form, how it is shown, its texts' keys, how it is read, and what may be chosen."""

    name: str
    widget: Widget
    label: str
    read: Reader
    hint: str = ""
    autocomplete: str = "off"
    inputmode: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


class Question(NamedTuple):
    """One page: its address, its texts' keys, its fields."""

    name: str
    title: str
    fields: tuple[Field, ...]
    intro: str = ""


QUESTIONS: tuple[Question, ...] = (
    Question(
        "who",
        "visit.who.title",
        (Field("name", "text", "visit.who.name", fields.person_name, "visit.who.name.hint", "name"),),
    ),
    Question(
        "role",
        "visit.role.title",
        (
            Field(
                "category",
                "choices",
                "visit.role.title",
                fields.choice(frozenset(role for role, _ in ROLES), "visit.wrong.role"),
                choices=ROLES,
            ),
        ),
    ),
    Question(
        "document",
        "visit.document.title",
        (
            Field("iin", "text", "visit.document.iin", fields.iin, "visit.document.iin.hint", inputmode="numeric"),
            Field("passport", "text", "visit.document.passport", fields.document_tail, "visit.document.passport.hint"),
        ),
        "visit.document.intro",
    ),
    Question(
        "whom",
        "visit.whom.title",
        (
            Field(
                "host_text",
                "text",
                "visit.whom.host",
                fields.needed_text("visit.wrong.host", fields.NAME),
                "visit.whom.host.hint",
            ),
            Field("purpose", "text", "visit.whom.purpose", fields.needed_text("visit.wrong.purpose")),
        ),
    ),
    Question(
        "when",
        "visit.when.title",
        (
            Field("date", "date", "visit.when.date", fields.day, "visit.when.date.hint"),
            Field("from", "time", "visit.when.from", fields.clock),
            Field("until", "time", "visit.when.until", fields.clock),
        ),
    ),
    Question(
        "with",
        "visit.with.title",
        (
            Field("companions", "area", "visit.with.companions", fields.companions, "visit.with.companions.hint"),
            Field("vehicle", "text", "visit.with.vehicle", fields.plate, "visit.with.vehicle.hint"),
            Field("things", "text", "visit.with.things", fields.any_text, "visit.with.things.hint"),
        ),
        "visit.with.intro",
    ),
    Question(
        "consent",
        "visit.consent.title",
        (
            Field(
                "consent",
                "tick",
                "visit.consent.tick",
                fields.choice(frozenset({CONSENT_VERSION}), "visit.wrong.consent"),
                choices=((CONSENT_VERSION, "visit.consent.tick"),),
            ),
        ),
    ),
    Question(
        "contact",
        "visit.contact.title",
        (Field("contact", "email", "visit.contact.email", fields.email, "visit.contact.email.hint", "email", "email"),),
    ),
)
BY_NAME: dict[str, Question] = {question.name: question for question in QUESTIONS}
LONGEST_RAW = 12_000


def number_of(question: Question) -> int:
    """Give a question's place, from 1."""
    return QUESTIONS.index(question) + 1


def after(question: Question) -> Question | None:
    """Give the next question; None after the last."""
    place = number_of(question)
    return QUESTIONS[place] if place < len(QUESTIONS) else None


def first_open(answers: Mapping[str, str]) -> Question | None:
    """Give the first question that has not been answered; None when all have."""
    return next(
        (question for question in QUESTIONS if any(field.name not in answers for field in question.fields)), None
    )


def read(
    question: Question, form: Mapping[str, str], offset_min: int, now: datetime
) -> tuple[dict[str, str], dict[str, Wrong]]:
    """Read the form of a question: the answers to keep, and what is wrong by field."""
    found = {field.name: field.read(form.get(field.name, "")[:LONGEST_RAW]) for field in question.fields}
    wrong = {name: value for name, value in found.items() if isinstance(value, Wrong)}
    answers = {name: value for name, value in found.items() if isinstance(value, str)}
    if question.name == "when" and not wrong:
        begins, ends = fields.moments(answers["date"], answers["from"], answers["until"], offset_min)
        if told := fields.wrong_times(begins, ends, now):
            wrong[told[0]] = told[1]
    return answers, wrong
