"""What the police are told of what has happened: pure, an event in, a notice or None out."""

from datetime import datetime
from typing import NamedTuple

from schemas.alarm import Alarm, AlarmRule
from schemas.delivery import Delivery
from schemas.envelope import Event
from schemas.ids import panic_alarm_id
from schemas.panic import Panic
from schemas.topics import Role
from schemas.trust import service_source
from services.police_link.dc09 import Message, said, stamp_text
from services.police_link.exchange import Settled

PATH = "dc09-tcp"
"""The protocol and transport, as deliveries name it."""

PANIC, SILENT_HOLD_UP, TEST = "PA", "HA", "RX"
_ALARM_CODES: dict[AlarmRule, str] = {"forced": "DF", "weapon": SILENT_HOLD_UP}
_ANY_ALARM = "UA"
_AS_URGENT_AS_A_PRESS: frozenset[AlarmRule] = frozenset({"weapon"})


class Notice(NamedTuple):
    """One thing to tell, once.

    ``key`` knows it again, ``event`` and ``alarm`` name it in deliveries, ``first`` goes before what is not.
    """

    key: str
    event: str
    alarm: str
    site: str
    code: str
    place: str
    occurred_at: datetime
    first: bool


def of_panic(event: Event[Panic]) -> Notice:
    """Give the notice of a press.

    It waits for nobody: the press is already an alarm. A silent press is told as a hold-up; a press of an agreed test
    as a test.
    """
    press = event.data
    code = TEST if press.test is not None else SILENT_HOLD_UP if press.silent else PANIC
    return Notice(
        key=event.id,
        event=event.id,
        alarm=panic_alarm_id(event.site, press.button, event.id),
        site=event.site,
        code=code,
        place=f"{press.gate}/{press.button}",
        occurred_at=event.time,
        first=press.test is None,
    )


def of_alarm(event: Event[Alarm]) -> Notice | None:
    """Give the notice of an alarm that is the police's matter: critical, open, real, and no panic.

    A panic's press was told before. An alarm is told once, whatever its versions.
    """
    alarm = event.data
    if alarm.severity != "critical" or alarm.rule == "panic" or alarm.drill or alarm.state == "closed":
        return None
    return Notice(
        key=alarm.alarm,
        event=event.id,
        alarm=alarm.alarm,
        site=event.site,
        code=_ALARM_CODES.get(alarm.rule, _ANY_ALARM),
        place=f"{alarm.gate}/{alarm.subject}",
        occurred_at=alarm.raised_at,
        first=alarm.rule in _AS_URGENT_AS_A_PRESS,
    )


def message_of(notice: Notice, account: str) -> Message:
    """Put a notice into DC-09's words: code, site (S), place in it (L), and when it happened (H).

    That may be long before it can be sent.
    """
    extended = (("S", said(notice.site)), ("L", said(notice.place)), ("H", stamp_text(notice.occurred_at)))
    return Message(account, notice.code, extended)


def delivery_of(notice: Notice, settled: Settled, *, receiver: str, sequence: int, attempts: int) -> Event[Delivery]:
    """Give the delivery record of how it ended.

    Its id is the same however often it is made: one of each outcome for each event and path.
    """
    delivery = Delivery(
        alarm=notice.alarm,
        event=notice.event,
        receiver=receiver,
        path=PATH,
        outcome=settled.outcome,
        sequence=sequence,
        attempts=attempts,
        sent_at=settled.sent_at,
        answered_at=settled.answered_at,
    )
    return Event(
        id=f"police-link/{notice.event}/{PATH}/{settled.outcome}",
        source=service_source(Role.POLICE_LINK),
        time=settled.answered_at or settled.sent_at,
        site=notice.site,
        data=delivery,
    )
