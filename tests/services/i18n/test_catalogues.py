"""The three catalogues are whole: a guard who reads Kazakh never meets a key, a gap or an English sentence."""

import re
import string
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from schemas.alarm import AlarmRule, AlarmState, Severity
from schemas.credential import Category
from schemas.credential_read import Direction
from schemas.gate_event import GateEventKind
from schemas.guard_answer import HOLDS, Because
from schemas.passage import Outcome
from schemas.reasons import Reason, Verdict
from schemas.screening import Method
from schemas.screening import Outcome as CheckOutcome
from schemas.site_mode import Mode
from schemas.site_policy import AntiPassback, Days, Escort, Measure, ScreeningDue, ThreatLevel
from services.i18n.words import Language, language_of, read_catalogue, words_in
from services.rules.policy_changes import CATEGORY_FIELDS, MEASURE_FIELDS, SITE_FIELDS
from services.rules.policy_faults import FaultCode
from services.rules.policy_times import WHOLE_UNITS
from services.store.directory import CallOutcome
from services.store.journal_book.columns import KNOWN
from services.store.lists.matches import MatchState
from services.store.messages import MessageKind
from services.store.releases.entitled import RELATIONS
from services.store.releases.papers import BASES
from services.store.screenings.custody import CustodyAct
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS
from services.web.administration.entitled_fields import COLUMNS as ENTITLED_COLUMNS
from services.web.administration.host_fields import COLUMNS as HOST_COLUMNS
from services.web.duty_desk.listed import KINDS as LIST_KINDS
from services.web.guard_console.holds import Standing
from services.web.guard_console.release import STATES
from services.web.guard_console.screening import BY_DUTY
from services.web.messages.host_matters import to_invited
from services.web.messages.matters import to_form, to_visitor
from services.web.messages.wording import KINDS
from services.web.visitors_journal.paper_sheets import TYPED

WEB = Path(__file__).resolve().parents[3] / "services" / "web"
POLICY_WORDS = WEB.parent / "i18n" / "policy_words.py"
TOLD = ("subject", "text")
STANDING_SAID = ("check_refused", "item_found", "weapon_suspected")
OUTSIDE = (to_form, to_visitor, to_invited)
"""Whom messages go to who may have given a telephone."""

PLAIN_NEWS = {"started", "heartbeat", "device_back", "link_restored", "mode_changed"}
"""Kinds of gate events that are no trouble, so that nothing is said of them."""


def texts(language: Language) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in read_catalogue(language) if message.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", list(Language))
def test_a_catalogue_has_every_text_and_no_unsure_one(language: Language) -> None:
    catalogue = read_catalogue(language)
    assert texts(language).keys() == texts(Language.KK).keys()
    assert [message.id for message in catalogue if message.id and not str(message.string).strip()] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", [Language.RU, Language.EN])
def test_a_text_has_the_same_placeholders_in_every_language(language: Language) -> None:
    kazakh = texts(Language.KK)
    other = texts(language)
    assert {key for key in kazakh if placeholders(kazakh[key]) != placeholders(other[key])} == set()


def test_kazakh_and_russian_are_written_in_their_own_letters() -> None:
    latin = re.compile(r"[A-Za-z]")
    allowed = {"app.name"}
    for language in (Language.KK, Language.RU):
        assert {key for key, text in texts(language).items() if latin.search(re.sub(r"\{\w+\}", "", text))} <= allowed


def test_no_text_is_the_same_in_kazakh_and_english() -> None:
    english = texts(Language.EN)
    assert {key for key, text in texts(Language.KK).items() if text == english[key]} == {"app.name"}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_says_why_and_what_to_do(reason: Reason) -> None:
    for language in Language:
        words = words_in(language)
        assert f"reason.{reason}.why" in words
        assert f"reason.{reason}.do" in words


def coded() -> set[str]:
    """Give the keys that pages put together from a record's codes."""
    wanted = {f"reason.{reason}.{part}" for reason in Reason for part in ("why", "do")}
    wanted |= {f"{kind}.{verdict}" for kind in ("verdict", "lane") for verdict in Verdict}
    wanted |= {f"alarm.{rule}.{part}" for rule in get_args(AlarmRule) for part in ("title", "do")}
    wanted |= {f"alarm.state.{state}" for state in get_args(AlarmState)}
    wanted |= {f"alarm.severity.{severity}" for severity in get_args(Severity)}
    wanted |= {f"category.{category}" for category in get_args(Category)}
    wanted |= {f"direction.{direction}" for direction in get_args(Direction)}
    wanted |= {f"outcome.{outcome}" for outcome in get_args(Outcome)}
    wanted |= {f"mode.{mode}" for mode in get_args(Mode) if mode != "normal"}
    wanted |= {f"because.{because}" for because in get_args(Because) if because not in {"other", *HOLDS}}
    wanted |= {f"hold.state.{standing}" for standing in get_args(Standing)}
    wanted |= {f"method.{method}" for method in get_args(Method)}
    wanted |= {f"standing.{standing}{part}" for standing in STANDING_SAID for part in ("", ".do")}
    wanted |= {f"document.{kind}" for kind in DOCUMENT_KINDS} | {f"custody.{act}" for act in get_args(CustodyAct)}
    wanted |= {f"resolution.{resolution}" for resolution in BY_DUTY}
    wanted |= {f"mail.{kind}.{part}" for kind in get_args(MessageKind) for part in ("subject", "text")}
    wanted |= {f"sms.{kind}" for kind, told in KINDS.items() if told.urgent or told.to in OUTSIDE}
    wanted |= {f"visit.today.entry.{entry}" for entry in get_args(get_type_hints(Measure)["entry"])}
    wanted |= {f"{part}.{kind}" for part in ("lists.kind", "lists.new", "lists.basis.hint") for kind in LIST_KINDS}
    wanted |= {f"match.state.{state}" for state in get_args(MatchState)}
    wanted |= {f"release.basis.{basis}" for basis in BASES} | {f"release.relation.{each}" for each in RELATIONS}
    wanted |= {f"release.{part}.{state}" for part in ("state", "told") for state in STATES}
    return wanted | {f"trouble.{kind}" for kind in get_args(GateEventKind) if kind not in PLAIN_NEWS}


def coded_in_policies() -> set[str]:
    """Give the keys that ``services/i18n/policy_words.py`` puts together from a policy's fields and values."""
    fields = {*SITE_FIELDS, *CATEGORY_FIELDS, *MEASURE_FIELDS, "measures", "categories", "gates", "public_keys"}
    wanted = {f"policy.field.{field}" for field in fields} | {f"policy.fault.{code}" for code in FaultCode}
    wanted |= {f"policy.unit.{unit}" for unit, _ in WHOLE_UNITS} | {f"weekday.{number}" for number in range(1, 8)}
    wanted |= {f"policy.anti_passback.{kind}" for kind in get_args(AntiPassback)}
    wanted |= {f"policy.escort.{kind}" for kind in get_args(Escort)}
    wanted |= {f"policy.screening.{kind}" for kind in get_args(ScreeningDue)}
    wanted |= {f"policy.level.{level}" for level in get_args(ThreatLevel)}
    wanted |= {f"policy.entry.{entry}" for entry in get_args(get_type_hints(Measure)["entry"])}
    wanted |= {f"policy.days.{kind}" for kind in get_args(get_type_hints(Days)["kind"])}
    wanted |= {f"policy.walk_in.{truth}" for truth in (True, False)}
    return wanted | {f"policy.value.{none}" for none in ("never", "while_inside", "yes", "no")}


AT_THE_POST = {
    *(f"rooms.{room}" for room in ("post", "by_name", "walk_in", "checks", "custody", "visits")),
    *(f"rooms.{room}" for room in ("post", "by_name", "walk_in", "checks", "custody", "journal")),
    *(f"answer.{answer}.because" for answer in ("admit", "refuse")),
    *(f"answer.sent.{answer}" for answer in ("admit", "refuse")),
    *(f"by_name.not.{code}" for code in ("unknown", "lockdown", "check_stands", "check_due", "card_cancelled")),
    "by_name.not.call_back_due",
    *(f"call_back.outcome.{outcome}" for outcome in get_args(CallOutcome)),
    *(f"directory.{field}{part}" for field in ("name", "phone", "source") for part in ("", ".hint")),
    *(f"directory.wrong.{field}" for field in ("name", "phone", "source")),
    *(f"rooms.{room}" for room in ("post", "by_name", "walk_in", "checks", "custody", "release")),
    *(f"answer.{answer}.because" for answer in ("admit", "refuse")),
    *(f"answer.sent.{answer}" for answer in ("admit", "refuse")),
    *(f"by_name.not.{code}" for code in ("unknown", "lockdown", "check_stands", "check_due", "card_cancelled")),
    *(f"by_name.not.match_{code}" for code in ("open", "refused")),
    *(f"match.post.{stands}" for stands in ("open", "same_person")),
    *(f"release.not.{code}" for code in ("not_entitled", "no_document", "no_word")),
    *(f"check.said.{code}" for code in ("nothing_found", "found", "phone", "check_refused", "resolved")),
    *(f"check.not.{code}" for code in ("pupil_refuses", "pupil_detector", "no_item", "duty_administrator")),
    *(
        f"check.said.{code}"
        for code in ("nothing_found", "found", "phone", "check_refused", "resolved", "pupil_refuses", "parent_told")
    ),
    *(f"check.not.{code}" for code in ("pupil_detector", "no_item", "duty_administrator")),
    *(f"walk_in.{field}" for field in ("name", "document_tail", "host_text", "purpose")),
    *(f"mark.{mark}" for mark in ("draft", "unverified")),
    *(f"leaving.said.{code}" for code in ("left", "before")),
}
"""Keys that the rooms of the post end with a word of their own."""

IN_SENTENCES = {
    *(f"value.escort.{escort}" for escort in get_args(Escort) if escort != "none"),
    *(f"value.level.{level}" for level in get_args(ThreatLevel) if level != "none"),
    *(f"value.basis.{basis}" for basis in ("threat_level", "category", "pass")),
    *(f"value.fault.{fault}" for fault in ("unreadable", "forged", "unknown_key", "foreign_site")),
    *(f"value.mode.{mode}" for mode in ("free", "evacuation")),
    *(f"value.{name}" for name in ("refusals", "inside_since", "unsure", "who.duty_administrator")),
    *(f"value.also.{reason}" for reason in Reason),
}
"""Keys that ``guard_console/sentences.py`` puts together from a decision's values."""
AT_THE_DESK = {
    *(f"lists.said.{code}" for code in ("entered", "ended")),
    *(f"lists.field.{field}" for field in ("name_1", "name_2", "name_3", "iin", "basis", "basis_on", "until")),
    *(f"match.said.{code}" for code in ("same_person", "not_the_same", "settled")),
}
"""Keys that the duty administrator's pages end with a word of their own."""

AT_THE_OFFICE = {
    *(f"hosts.said.{code}" for code in ("entered", "changed", "left", "taken")),
    *(f"entitled.said.{code}" for code in ("entered", "changed", "ended", "over", "taken")),
    *(f"hosts.{column}" for column in HOST_COLUMNS),
    *(f"entitled.{column}" for column in ENTITLED_COLUMNS),
    *(f"{of}.file.what" for of in ("hosts", "entitled")),
}
"""Keys that the pages of the school's own books end with a word of their own."""

TO_STAFF_AND_PARENTS = {
    *(f"mail.{kind}.{part}" for kind in ("possible_match", "left_early", "left_early_parent") for part in TOLD),
    *(f"sms.{kind}" for kind in ("left_early", "left_early_parent")),
}
"""Texts of messages, by their kind."""
IN_THE_JOURNAL = {
    *(f"journal.column.{code}" for code in KNOWN),
    *(f"journal.check.{code}" for code in (*get_args(CheckOutcome), "due")),
    *(f"journal.columns.{code}" for code in ("saved", "no_column", "too_many", "long_title", "meanwhile")),
    *(f"journal.paper.{field}" for field in (*TYPED, "typed", "nothing")),
    "journal.said.added",
}
"""Keys that the journal's pages end with a word of their own."""

SPECIAL = {"verdict.admit.exit", "lane.admit.exit", "reason.lockdown.do.ask", "reason.outside_window.why.today"}
"""Texts that take the place of the general one where it would not fit."""

PUT_TOGETHER = {f"gate.{link}{part}" for link in ("alone", "silent", "unheard", "unknown") for part in ("", ".do")} | {
    f"error.{status}.{part}" for status in (403, 404, 405, 422, 429, 500, 503) for part in ("title", "do")
}
"""Keys that a template or a route ends with a word of its own."""


def test_every_code_in_a_record_has_words() -> None:
    wanted = coded() | coded_in_policies() | IN_THE_JOURNAL | AT_THE_OFFICE
    assert {key for key in wanted if key not in words_in(Language.KK)} == set()


def test_every_text_is_shown_somewhere() -> None:
    sources = [path for path in WEB.rglob("*") if path.suffix in {".py", ".html"}] + [POLICY_WORDS]
    shown = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    made = coded() | coded_in_policies() | SPECIAL | PUT_TOGETHER | IN_SENTENCES
    made |= AT_THE_POST | AT_THE_DESK | AT_THE_OFFICE | TO_STAFF_AND_PARENTS | IN_THE_JOURNAL
    assert {key for key in texts(Language.KK) if f'"{key}"' not in shown} - made == set()


def test_a_template_names_only_texts_that_there_are() -> None:
    said = re.compile(r'say\("([a-z0-9_.]+)"')
    named = {
        key
        for path in WEB.rglob("*")
        if path.suffix in {".py", ".html"}
        for key in said.findall(path.read_text(encoding="utf-8"))
    }
    whole = {key for key in named if not key.endswith(".")}
    assert {key for key in whole if key not in words_in(Language.KK)} == set()


def test_kazakh_is_shown_when_nobody_has_chosen() -> None:
    assert language_of(None) is Language.KK
    assert language_of("de") is Language.KK
    assert language_of("ru") is Language.RU


def test_a_value_that_a_record_lacks_shows_as_a_dash() -> None:
    assert words_in(Language.EN).say("reason.revoked.why") == "This card was cancelled (—). Its holder needs a new one."
