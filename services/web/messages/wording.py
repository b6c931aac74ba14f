"""What a message says, put together when it is sent: address, link and code are looked up or made then, and nowhere
kept.

A kind of message is a line of KINDS and its texts: ``mail.KIND.subject`` and ``mail.KIND.text``, and ``sms.KIND`` where
it may go to a telephone.
"""

import logging
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from services.i18n.words import Words
from services.store.messages import MessageRow
from services.store.records import site_policies
from services.web.messages import host_matters, list_matters, matters, post_matters
from services.web.messages.letter import Letter, is_phone
from services.web.messages.matters import About, Addressee, Matter, To, Values
from services.web.shared.outside import School, Visits

SMS_UNITS = 134
"""What two parts of an SMS hold, in UTF-16 units: 67 each, since the parts are numbered."""

_NAMED = str.maketrans("/:", ".-")
_CUT = "…"
_CUT_FIRST = ("school", "gate")

logger = logging.getLogger(__name__)


class Kind(NamedTuple):
    """A kind of message: what it is about, whom it goes to where its row names nobody of the staff, and whether it
    is so urgent that it goes to the telephone of somebody of the staff.
    """

    about: About
    to: To = matters.to_receiver
    urgent: bool = False


KINDS: dict[str, Kind] = {
    "code": Kind(matters.code, matters.to_form),
    "host_asked": Kind(matters.newest_visit, matters.to_host),
    "host_cancelled": Kind(matters.visit, matters.to_host),
    "host_arrived": Kind(matters.visit, matters.to_host),
    "host_accepted": Kind(matters.newest_visit, matters.to_host),
    "visitor_approved": Kind(matters.visit, matters.to_visitor),
    "visitor_changed": Kind(matters.visit, matters.to_visitor),
    "visitor_declined": Kind(matters.visit, matters.to_visitor),
    "host_sign_in": Kind(host_matters.sign_in, host_matters.to_signing_in),
    "delegate_asked": Kind(host_matters.asked_of_delegate, host_matters.to_delegate),
    "visitor_invited": Kind(host_matters.invitation, host_matters.to_invited),
    "visit_unanswered": Kind(host_matters.unanswered),
    "visit_overdue": Kind(host_matters.overdue, urgent=True),
    "host_overdue": Kind(host_matters.overdue, matters.to_host),
    "question_unanswered": Kind(matters.question, urgent=True),
    "custody_overdue": Kind(post_matters.thing_overdue),
    "pupil_refused_check": Kind(post_matters.pupil_refusal, urgent=True),
    "possible_match": Kind(list_matters.match_waits),
    "left_early": Kind(list_matters.left_early, urgent=True),
    "left_early_parent": Kind(list_matters.left_early, list_matters.to_parent, urgent=True),
    "walk_ins_not_left": Kind(post_matters.walk_ins_inside, urgent=True),
}


def compose(
    session: Session, row: MessageRow, parts: Visits | None, now: datetime, *, texting: bool = False
) -> Letter | None:
    """Give a message as it is sent now, to a telephone only where ``texting`` is possible; None when it has nothing
    more to say or nobody to say it to.
    """
    policy = site_policies.current(session, row.site)
    if policy is None:
        return None
    matter = Matter(session, row, School(row.site, policy), parts, now)
    kind = KINDS[row.kind]
    to = matters.to_receiver(matter) if row.receiver else kind.to(matter)
    address = _address(to, urgent=kind.urgent, texting=texting) if to else None
    if to is None or address is None:
        who = row.receiver or "outside"
        logger.warning("message_dropped cause=no_address kind=%s site=%s receiver=%s", row.kind, row.site, who)
        return None
    values = kind.about(matter, to)
    if values is None:
        return None
    return _letter(row, address, to.words, {"school": policy.name, **values})


def _address(to: Addressee, *, urgent: bool, texting: bool) -> str | None:
    """Choose where somebody is told: outside they gave one address, of the staff what is urgent goes by SMS."""
    phone = to.phone if texting and (urgent or to.door != "staff") else None
    return phone or to.email


def _letter(row: MessageRow, address: str, words: Words, values: Values) -> Letter:
    name = f"{row.message.translate(_NAMED)}.{row.site}"
    subject, text = f"mail.{row.kind}.subject", f"mail.{row.kind}.text"
    if is_phone(address):
        return Letter(to=address, subject="", text=short(words, (f"sms.{row.kind}", subject), values), name=name)
    one_line = " ".join(words.say(subject, **values).split())
    return Letter(to=address, subject=one_line, text=words.say(text, **values) + "\n", name=name)


def short(words: Words, keys: tuple[str, ...], values: Values) -> str:
    """Say the first of some keys in two parts of an SMS: where it would be longer, names of places are cut."""
    fitting = dict(values)
    for name in _CUT_FIRST:
        over = sms_units(words.first(*keys, **fitting)) - SMS_UNITS
        if over > 0 and name in fitting:
            whole = str(fitting[name])
            fitting[name] = whole[: max(1, len(whole) - over - len(_CUT))].rstrip() + _CUT
    return " ".join(words.first(*keys, **fitting).split())


def sms_units(text: str) -> int:
    """Count a text as an SMS in Cyrillic does: 16 bits each."""
    return len(text.encode("utf-16-be")) // 2
