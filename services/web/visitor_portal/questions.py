"""The questions of the portal in their order: what each asks, with which fields, and of whom. A table; one generic page
shows it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Reader, Wrong

Widget = Literal["text", "area", "choices", "ticks", "tick", "date", "time", "email"]
ROLES = (
    ("representative", "visit.role.representative"),
    ("contractor", "visit.role.contractor"),
    ("official", "visit.role.official"),
    ("visitor", "visit.role.visitor"),
)
"""The categories that somebody may say of themselves; pupils and staff have cards, emergency crews need no pass."""

OFTEN = (("once", "visit.often.once"), ("regularly", "visit.often.regularly"))
ALONG = (("people", "visit.with.people"), ("vehicle", "visit.with.vehicle"), ("things", "visit.with.things"))
WEEKDAYS = tuple((str(day), f"weekday.{day}") for day in range(1, 8))

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
    """One page: its address, its texts' keys, its fields, and of whom it is asked, by what was answered before."""

    name: str
    title: str
    fields: tuple[Field, ...]
    intro: str = ""
    asked_of: Callable[[Mapping[str, str]], bool] = lambda _answers: True


def _comes(often: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda answers: answers.get("often") == often


def _brings(what: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda answers: what in answers.get("along", "").split(",")


_FROM = Field("from", "time", "visit.when.from", fields.clock)
_UNTIL = Field("until", "time", "visit.when.until", fields.clock)
WHEN = (Field("date", "date", "visit.when.date", fields.day, "visit.when.date.hint"), _FROM, _UNTIL)
PURPOSE = Field("purpose", "text", "visit.whom.purpose", fields.needed_text("visit.wrong.purpose"))
CONSENT = Field(
    "consent",
    "tick",
    "visit.consent.tick",
    fields.choice(frozenset({CONSENT_VERSION}), "visit.wrong.consent"),
    choices=((CONSENT_VERSION, "visit.consent.tick"),),
)
EMAIL = Field("contact", "email", "visit.contact.email", fields.email, "visit.contact.email.hint", "email", "email")
EMAIL_OR_TELEPHONE = Field("contact", "text", "visit.contact.either", fields.contact, "visit.contact.either.hint")

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
            PURPOSE,
        ),
    ),
    Question(
        "often",
        "visit.often.title",
        (
            Field(
                "often",
                "choices",
                "visit.often.title",
                fields.choice(frozenset(often for often, _ in OFTEN), "visit.wrong.role"),
                choices=OFTEN,
            ),
        ),
    ),
    Question("when", "visit.when.title", WHEN, asked_of=_comes("once")),
    Question(
        "days",
        "visit.days.title",
        (
            Field(
                "weekdays",
                "ticks",
                "visit.days.weekdays",
                fields.ticks(tuple(day for day, _ in WEEKDAYS), "visit.wrong.weekdays"),
                choices=WEEKDAYS,
            ),
            _FROM,
            _UNTIL,
            Field("date", "date", "visit.days.first", fields.day, "visit.when.date.hint"),
            Field("last", "date", "visit.days.last", fields.day, "visit.days.last.hint"),
        ),
        asked_of=_comes("regularly"),
    ),
    Question(
        "with",
        "visit.with.title",
        (
            Field(
                "along",
                "ticks",
                "visit.with.title",
                fields.ticks(tuple(what for what, _ in ALONG), None),
                choices=ALONG,
            ),
        ),
        "visit.with.intro",
    ),
    Question(
        "people",
        "visit.people.title",
        (Field("companions", "area", "visit.people.names", fields.companions, "visit.people.hint"),),
        "visit.people.intro",
        _brings("people"),
    ),
    Question(
        "vehicle",
        "visit.vehicle.title",
        (
            Field("vehicle", "text", "visit.vehicle.plate", fields.plate, "visit.vehicle.plate.hint"),
            Field("vehicle_make", "text", "visit.vehicle.make", fields.any_text, "visit.vehicle.make.hint"),
            Field("cargo", "text", "visit.vehicle.cargo", fields.any_text, "visit.vehicle.cargo.hint"),
            Field("waybill", "text", "visit.vehicle.waybill", fields.any_text, "visit.vehicle.waybill.hint"),
        ),
        "visit.vehicle.intro",
        _brings("vehicle"),
    ),
    Question(
        "things",
        "visit.things.title",
        (
            Field(
                "things",
                "area",
                "visit.things.what",
                fields.needed_text("visit.wrong.things", fields.LONG_TEXT),
                "visit.things.hint",
            ),
        ),
        "",
        _brings("things"),
    ),
    Question("consent", "visit.consent.title", (CONSENT,)),
    Question("contact", "visit.contact.title", (EMAIL,)),
)
BY_NAME: dict[str, Question] = {question.name: question for question in QUESTIONS}
LONGEST_RAW = 12_000


def of_school(question: Question, *, texting: bool) -> Question:
    """Give a question as a school asks it: one that can send texts takes a mobile number for a contact too."""
    return question._replace(fields=(EMAIL_OR_TELEPHONE,)) if texting and question.name == "contact" else question


def asked(answers: Mapping[str, str]) -> list[Question]:
    """Give the questions that somebody is asked, by what has been answered."""
    return [question for question in QUESTIONS if question.asked_of(answers)]


def relevant(answers: Mapping[str, str]) -> dict[str, str]:
    """Give the answers to the questions that are asked; what was typed before another choice was made is not."""
    names = {field.name for question in asked(answers) for field in question.fields}
    return {name: value for name, value in answers.items() if name in names}


def place_of(question: Question, answers: Mapping[str, str]) -> int | None:
    """Give a question's place among those that are asked, from 1; None when it is not."""
    names = [one.name for one in asked(answers)]
    return names.index(question.name) + 1 if question.name in names else None


def after(question: Question, answers: Mapping[str, str]) -> Question | None:
    """Give the next question; None after the last."""
    place = place_of(question, answers)
    return next(iter(asked(answers)[place:]), None) if place else first_open(answers)


def first_open(answers: Mapping[str, str]) -> Question | None:
    """Give the first question that has not been answered; None when all have."""
    return next(
        (question for question in asked(answers) if any(field.name not in answers for field in question.fields)), None
    )


def read(
    question: Question, form: Mapping[str, str], offset_min: int, now: datetime
) -> tuple[dict[str, str], dict[str, Wrong]]:
    """Read the form of a question: the answers to keep, and what is wrong by field."""
    answers, wrong = read_fields(question.fields, form)
    if wrong or question.name not in {"when", "days"}:
        return answers, wrong
    times = answers["from"], answers["until"]
    if question.name == "when":
        told = fields.wrong_times(*fields.moments(answers["date"], *times, offset_min), now)
    else:
        days = weekdays_of(answers["weekdays"])
        told = fields.wrong_days(days, (answers["date"], answers["last"]), times, offset_min, now)
    return answers, {told[0]: told[1]} if told else {}


def read_fields(asked_for: tuple[Field, ...], form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Wrong]]:
    """Read fields of a form one by one: the answers, and what is wrong by field."""
    found = {field.name: field.read(form.get(field.name, "")[:LONGEST_RAW]) for field in asked_for}
    wrong = {name: value for name, value in found.items() if isinstance(value, Wrong)}
    return {name: value for name, value in found.items() if isinstance(value, str)}, wrong


def weekdays_of(answer: str) -> list[int]:
    """Give the weekdays of an answer as numbers, 1 for Monday."""
    return [int(day) for day in answer.split(",")]
