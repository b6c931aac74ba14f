"""A visit from the asking to the erasing: what each deed leaves behind, and that nothing happens twice."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlmodel import Session, SQLModel, select

from schemas.envelope import Event
from schemas.pass_use import PassUse
from schemas.passage import Passage
from schemas.site_policy import CategoryRules
from schemas.visitor_pass import VisitorPass
from services.store import messages, outbox, people, recording
from services.store.columns import as_said
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.records import visitor_passes
from services.store.visits import arrivals, codes, deeds, drafts, hosts, links, passes, visits
from services.store.visits.deeds import Asked, Decision
from services.store.visits.forgetting import forget
from services.store.visits.seals import Seals
from services.store.visits.states import NEXT, WITH_PASS, after
from services.store.visits.visits import VisitRow
from tests.schemas.examples import AT, policy

SITE = "school-1"
SEALS = Seals(b"v" * 32)
BEGINS, ENDS = AT + timedelta(hours=3), AT + timedelta(hours=5)
RULES = CategoryRules(
    windows=[], anti_passback="off", admit_staleness_s=60.0, escort="host", screening="always", entrances=["g-1"]
)
POLICY = msgspec.structs.replace(policy().data, categories={"visitor": RULES})
ASKED = Asked(
    category="visitor",
    name="Серік Ахметов",
    iin_hash=None,
    document_kind=None,
    document_tail=None,
    host_text="ахметова",
    purpose="Ата-аналар жиналысы",
    arrives_at=BEGINS,
    leaves_at=ENDS,
    companions=[],
    vehicle=None,
    things=None,
    contact="serik@example.kz",
    contact_checked_at=AT,
    language="kk",
    consent_version="1",
    consent_at=AT,
)


@pytest.fixture
def school(store: Store) -> Store:
    """A store of a school with one host."""
    store.write_now(
        lambda session: hosts.put(
            session, site=SITE, host="t-1", name="Ахметова Гүлнар", email="g@example.kz", language="kk", by="t"
        )
    )
    return store


def ask(store: Store, draft: str = "d", site: str = SITE, **changes: object) -> VisitRow:
    asked = msgspec.structs.replace(ASKED, **changes)
    return store.write_now(
        lambda session: deeds.ask(session, site=site, draft=draft, asked=asked, policy=POLICY, seals=SEALS, at=AT)
    )


def decide(store: Store, visit: str, site: str = SITE, **decision: object) -> bool:
    told = msgspec.convert(decision, Decision)
    return store.write_now(
        lambda session: deeds.decide(
            session, site=site, visit=visit, decision=told, by="t-1", policy=POLICY, seals=SEALS, at=AT
        )
    )


def held(store: Store, visit: str) -> VisitRow:
    row = store.read_now(lambda session: visits.one(session, SITE, visit))
    assert row is not None
    return row


def told(store: Store) -> list[str]:
    """Give the kinds of the messages that wait, in the order of their names."""
    return sorted(row.kind for row in store.read_now(lambda session: session.exec(select(MessageRow)).all()))


def passes_said(store: Store) -> list[VisitorPass]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [data for row in rows if isinstance(data := row.event().data, VisitorPass)]


def test_a_form_sent_twice_is_one_visit_and_one_message_to_its_host(school: Store) -> None:
    first, again = ask(school), ask(school, name="Басқа Адам")
    assert (again.visit, again.name) == (first.visit, "Серік Ахметов")
    assert (first.host, first.state, first.screening_due) == ("t-1", "requested", True)
    assert told(school) == ["host_asked"]
    assert first.visit != ask(school, "e").visit


@pytest.mark.parametrize("typed", ["ахметова", "АХМЕТОВА гульнар", "Axметoва Гүлнар", "Гулнар  Ахметова"])
def test_the_host_is_found_whatever_the_keyboard(school: Store, typed: str) -> None:
    assert ask(school, host_text=typed).host == "t-1"


@pytest.mark.parametrize("typed", ["Ахмет", "мұғалім", "%", "' OR 1=1 --"])
def test_whoever_is_not_named_whole_is_nobody_and_nobody_is_told(school: Store, typed: str) -> None:
    assert ask(school, host_text=typed).host is None
    assert told(school) == []


def test_a_name_of_two_hosts_is_nobodys_until_the_administration_decides(school: Store) -> None:
    school.write_now(
        lambda session: hosts.put(
            session, site=SITE, host="t-2", name="Ахметова Айша", email="a@example.kz", language="ru", by="t"
        )
    )
    assert ask(school).host is None
    waiting = school.read_now(lambda session: visits.to_decide(session, SITE, 9))
    assert [row.host_text for row in waiting] == ["ахметова"]


def test_approval_is_a_pass_a_record_a_name_for_the_post_and_a_message_once(school: Store) -> None:
    visit = ask(school).visit
    assert [decide(school, visit, deed="approve"), decide(school, visit, deed="approve")] == [True, False]
    (issued,) = passes_said(school)
    row = held(school, visit)
    assert (issued.visit, issued.holder, issued.version, issued.escort) == (visit, row.holder, 1, "host")
    assert (issued.valid_from, issued.valid_until) == (BEGINS - passes.EARLY, ENDS)
    assert (issued.screening_due, issued.entrances, issued.entries) == (True, ["g-1"], "single")
    assert told(school) == ["host_asked", "visitor_approved"]
    known = school.read_now(lambda session: people.by_holders(session, SITE, [row.holder]))
    assert known[row.holder].name == "Серік Ахметов"
    (kept,) = school.read_now(lambda session: visitor_passes.of_visit(session, SITE, visit))
    assert as_said(kept, VisitorPass) == issued


def test_another_time_is_the_same_pass_at_its_next_version(school: Store) -> None:
    visit = ask(school).visit
    later: dict[str, Any] = {
        "deed": "change",
        "arrives_at": BEGINS + timedelta(days=1),
        "leaves_at": ENDS + timedelta(days=1),
    }
    assert decide(school, visit, deed="approve")
    assert [decide(school, visit, **later), decide(school, visit, **later)] == [True, False]
    first, second = passes_said(school)
    assert (second.jti, second.version, second.valid_until) == (first.jti, 2, ENDS + timedelta(days=1))
    assert told(school) == ["host_asked", "visitor_approved", "visitor_changed"]


def accept(store: Store, visit: str, site: str = SITE) -> bool:
    return store.write_now(lambda session: deeds.accept(session, site=site, visit=visit, at=AT))


def test_a_visitor_agrees_to_another_time_once_and_the_host_is_told_once(school: Store) -> None:
    visit = ask(school).visit
    decide(school, visit, deed="approve")
    assert not accept(school, visit), "there is nothing to agree to"
    later: dict[str, Any] = {"arrives_at": BEGINS + timedelta(days=1), "leaves_at": ENDS + timedelta(days=1)}
    decide(school, visit, deed="change", **later)
    assert [accept(school, visit, "school-2"), accept(school, visit), accept(school, visit)] == [False, True, False]
    assert held(school, visit).state == "approved"
    assert told(school).count("host_accepted") == 1
    nobodys = ask(school, "e", host_text="мұғалім").visit
    decide(school, nobodys, deed="change", **later)
    assert accept(school, nobodys)
    assert told(school).count("host_accepted") == 1


@pytest.mark.parametrize("by", ["host", "visitor"])
def test_taking_it_back_revokes_the_pass_in_the_same_transaction(school: Store, by: str) -> None:
    visit = ask(school).visit
    decide(school, visit, deed="approve")
    if by == "host":
        assert decide(school, visit, deed="decline", reason="Сабақ ауысты")
    else:
        assert school.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit, at=AT))
        assert not school.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit, at=AT))
    assert [said.revoked_at for said in passes_said(school)] == [None, AT]
    assert not decide(school, visit, deed="approve"), "what has ended is asked for anew"


def test_another_sites_visit_is_not_there(school: Store) -> None:
    visit = ask(school).visit
    assert not decide(school, visit, "school-2", deed="approve")
    assert not school.write_now(lambda session: deeds.cancel(session, site="school-2", visit=visit, at=AT))
    link = SEALS.link("status", SITE, visit)
    assert school.read_now(lambda session: links.visit_of(session, "school-2", link, "status", AT)) is None
    assert ask(school, site="school-2").host is None
    with pytest.raises(LookupError):
        school.write_now(lambda session: passes.revoke(session, site="school-2", jti="X", by="t", at=AT))


def test_a_link_is_for_one_purpose_and_until_a_time_and_kept_as_a_hash(school: Store) -> None:
    visit = ask(school).visit
    status, host = SEALS.link("status", SITE, visit), SEALS.link("host", SITE, visit)

    def leads(token: str, purpose: links.Purpose, hours: float) -> str | None:
        at = AT + timedelta(hours=hours)
        return school.read_now(lambda session: links.visit_of(session, SITE, token, purpose, at))

    assert [leads(status, "status", 0), leads(status, "host", 0), leads(host, "status", 0)] == [visit, None, None]
    assert [leads(host, "host", 4.9), leads(host, "host", 5), leads(status, "status", 24 * 31)] == [visit, None, None]
    for table in SQLModel.metadata.sorted_tables:
        assert status not in str(school.read_now(lambda session, table=table: session.execute(table.select()).all()))  # type: ignore[misc]


def test_the_short_code_stands_for_the_pass_however_it_is_said(school: Store) -> None:
    visit = ask(school).visit
    decide(school, visit, deed="approve")
    (issued,) = passes_said(school)
    code = SEALS.pass_code(SITE, issued.jti)
    for spoken in (code, f"{code[:4]} {code[4:]}", f" {code[:2]}-{code[2:]}"):
        found = school.read_now(lambda session, c=spoken: passes.of_code(session, site=SITE, code=c, seals=SEALS))  # type: ignore[misc]
        assert found is not None
        assert found.jti == issued.jti
    assert school.read_now(lambda session: passes.of_code(session, site="school-2", code=code, seals=SEALS)) is None
    assert school.read_now(lambda session: codes.pass_of(session, SITE, code)) is None, "the code itself is not kept"


def test_the_gates_tell_of_arrival_and_departure_and_a_replay_changes_nothing(school: Store) -> None:
    visit = ask(school).visit
    decide(school, visit, deed="approve")
    (issued,) = passes_said(school)
    used = PassUse(jti=issued.jti, state="used", gate="g-1", read="g-1:1:1", passage="g-1:1:2", holder=issued.holder)
    left = Passage(
        gate="g-1", direction="exit", outcome="left", grant=None, read=None, credential=None, holder=issued.holder
    )
    events = [
        Event(id="admission:1:1", source="service/admission", time=BEGINS, site=SITE, data=used),
        Event(id="g-1:1:9", source="gate/g-1", time=BEGINS + timedelta(hours=1), site=SITE, data=left),
    ]
    for upto, state in ((1, "arrived"), (1, "arrived"), (2, "left"), (2, "left")):
        for event in events[:upto]:
            school.write_now(lambda session, e=event: recording.record(session, [e]))  # type: ignore[misc]
            school.write_now(lambda session, e=event: arrivals.note(session, [e]))  # type: ignore[misc]
        assert (held(school, visit).state, held(school, visit).arrived_at) == (state, BEGINS)
    assert held(school, visit).left_at == BEGINS + timedelta(hours=1)
    assert told(school).count("host_arrived") == 1


def test_what_was_promised_to_be_erased_is_erased_and_nothing_before(school: Store) -> None:
    visit, other = ask(school).visit, ask(school, "e", arrives_at=BEGINS, leaves_at=ENDS + timedelta(days=1)).visit
    decide(school, visit, deed="approve")
    holder = held(school, visit).holder
    last = ENDS + deeds.KEPT
    assert school.write_now(lambda session: forget(session, last - timedelta(seconds=1))) == 0
    assert school.write_now(lambda session: forget(session, last)) == 1
    assert school.read_now(lambda session: visits.one(session, SITE, visit)) is None
    assert held(school, other).name == "Серік Ахметов"
    assert school.read_now(lambda session: people.by_holders(session, SITE, [holder])) == {}


def test_a_message_is_claimed_by_one_tried_again_later_and_given_up(store: Store) -> None:
    for _ in range(2):
        store.write_now(lambda session: messages.put(session, site=SITE, kind="code", subject="d", number=1, at=AT))

    def claim(after_s: float) -> list[MessageRow]:
        at = AT + timedelta(seconds=after_s)
        return list(store.write_now(lambda session: messages.claim(session, at, 9)))

    (row,) = claim(0)
    assert claim(119) == [], "whoever claimed it has two minutes"
    (row,) = claim(121)
    store.write_now(lambda session: messages.try_again(session, row, AT + timedelta(seconds=130)))
    assert claim(135) == []
    (row,) = claim(150)
    over = AT + messages.GIVEN_UP_AFTER
    store.write_now(lambda session: messages.try_again(session, row, over))
    assert not store.read_now(lambda session: messages.any_due(session, over + timedelta(days=1)))


def test_a_draft_lasts_two_hours_and_its_code_fifteen_minutes_and_five_tries(store: Store) -> None:
    def keep(session: Session) -> drafts.DraftRow:
        return drafts.put(session, site=SITE, draft="d", answers={"name": "а"}, language="kk", at=AT)

    row = store.write_now(keep)
    assert drafts.next_code(row, AT) == 1
    assert drafts.code_alive(row, AT + drafts.CODE_LASTS - timedelta(seconds=1))
    assert not drafts.code_alive(row, AT + drafts.CODE_LASTS)
    row.code_tries = drafts.CODE_TRIES
    assert not drafts.code_alive(row, AT)
    for at, there in ((AT + drafts.LASTS - timedelta(seconds=1), True), (AT + drafts.LASTS, False)):
        assert (store.read_now(lambda session, a=at: drafts.one(session, SITE, "d", a)) is not None) is there  # type: ignore[misc]


def test_every_state_is_reached_and_only_what_was_approved_has_a_pass() -> None:
    reached = {"requested"} | set(NEXT.values())
    assert {state for state, _ in NEXT} | reached == reached
    assert after("declined", "approve") is None
    assert reached - WITH_PASS == {"requested", "declined", "cancelled"}
