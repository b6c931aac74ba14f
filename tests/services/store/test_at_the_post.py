"""A pass that is named at the post: judged as if it were shown, let in once by a guard, and used by the passage."""

from datetime import timedelta

import msgspec
import pytest
from sqlmodel import Session

from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from schemas.pass_use import PassUse
from schemas.reasons import Reason, Verdict
from schemas.site_policy import CategoryRules, Escort, Measure, SitePolicy, Threat, Window
from schemas.visitor_pass import VisitorPass
from services.store import outbox, recording
from services.store.administration import RuleForbids, publish_policy
from services.store.columns import as_said
from services.store.database import Store
from services.store.records import visitor_passes
from services.store.visits import at_the_post, deeds, passes
from services.store.visits.at_the_post import AtThePost, LetIn
from services.store.visits.deeds import Decision
from tests.schemas.examples import AT
from tests.services.store.test_visits import ASKED, BEGINS, POLICY, SEALS, SITE

ALL_DAY = [Window(weekdays=[1, 2, 3, 4, 5, 6, 7], opens_min=0, closes_min=1440)]
GATE = "g-1"


def rules(escort: Escort = "none", screening: str = "none", **more: object) -> SitePolicy:
    """Give the school's rules for visitors."""
    category = CategoryRules(
        windows=ALL_DAY,
        anti_passback="off",
        admit_staleness_s=60.0,
        escort=escort,
        screening=screening,  # type: ignore[arg-type]
    )
    return msgspec.structs.replace(POLICY, version=1, categories={"visitor": category}, **more)


def approved(store: Store, policy: SitePolicy) -> VisitorPass:
    """Publish rules and approve a visit under them."""

    def act(session: Session) -> str:
        publish_policy(session, site=SITE, policy=policy, by="t", at=AT)
        row = deeds.ask(session, site=SITE, draft="d", asked=ASKED, policy=policy, seals=SEALS, at=AT)
        approve = Decision(deed="approve")
        deeds.decide(session, site=SITE, visit=row.visit, decision=approve, by="t-1", policy=policy, seals=SEALS, at=AT)
        return row.visit

    visit = store.write_now(act)
    (row,) = store.read_now(lambda session: visitor_passes.of_visit(session, SITE, visit))
    return as_said(row, VisitorPass)


def look(store: Store, jti: str, after_s: float = 0) -> AtThePost:
    at = BEGINS + timedelta(seconds=after_s)
    found = store.read_now(lambda session: at_the_post.look(session, site=SITE, jti=jti, gate=GATE, at=at))
    assert found is not None
    return found


def let_in(store: Store, jti: str, after_s: float = 0, allowed_by: str | None = None, site: str = SITE) -> GuardAnswer:
    at = BEGINS + timedelta(seconds=after_s)
    told = LetIn(jti=jti, gate=GATE, because="document_seen", allowed_by=allowed_by)
    row = store.write_now(
        lambda session: at_the_post.let_in(session, site=site, told=told, by="sabit", post="post-1", at=at)
    )
    data = row.event().data
    assert isinstance(data, GuardAnswer)
    return data


def used(store: Store, issued: VisitorPass, state: str, read: str) -> None:
    data = PassUse(
        jti=issued.jti,
        state=state,  # type: ignore[arg-type]
        gate=GATE,
        read=read,
        passage=None if state == "reserved" else "g-1:1:9",
        holder=issued.holder,
    )
    event = Event(id=f"pass_use/{state}/{read}", source="service/admission", time=BEGINS, site=SITE, data=data)
    store.write_now(lambda session: recording.record(session, [event]))


def test_a_pass_is_let_in_once_as_itself_and_is_used_by_what_follows(store: Store) -> None:
    issued = approved(store, rules())
    assert look(store, issued.jti).decided.verdict is Verdict.ADMIT
    answer = let_in(store, issued.jti)
    assert (answer.credential, answer.holder, answer.read) == (f"pass/{issued.jti}", issued.holder, None)
    assert (answer.by, answer.post, answer.because, answer.category) == ("sabit", "post-1", "document_seen", "visitor")
    with pytest.raises(RuleForbids, match="sent"):
        let_in(store, issued.jti, 1)
    used(store, issued, "reserved", "administration:1:1")
    assert look(store, issued.jti).decided.reason is Reason.PASS_RESERVED
    used(store, issued, "used", "administration:1:1")
    assert look(store, issued.jti).decided.reason is Reason.PASS_USED
    with pytest.raises(RuleForbids, match="refused"):
        let_in(store, issued.jti, 120)
    unsent = store.read_now(lambda session: outbox.unsent(session, 99))
    assert [row.topic for row in unsent].count("guard_answers") == 1


def test_a_pass_for_one_entrance_is_judged_there(store: Store) -> None:
    policy = rules()
    ours = msgspec.structs.replace(policy.categories["visitor"], entrances=["g-2"])
    issued = approved(store, msgspec.structs.replace(policy, categories={"visitor": ours}))
    found = store.read_now(lambda session: at_the_post.look(session, site=SITE, jti=issued.jti, gate=None, at=BEGINS))
    assert found is not None
    assert found.decided.verdict is Verdict.ADMIT
    assert look(store, issued.jti).decided.reason is Reason.WRONG_ENTRANCE


def test_a_revoked_pass_and_another_schools_are_not_let_in(store: Store) -> None:
    issued = approved(store, rules())
    with pytest.raises(RuleForbids, match="unknown"):
        let_in(store, issued.jti, site="school-2")
    store.write_now(lambda session: passes.revoke(session, site=SITE, jti=issued.jti, by="t", at=BEGINS))
    assert look(store, issued.jti, 1).decided.reason is Reason.REVOKED
    with pytest.raises(RuleForbids, match="refused"):
        let_in(store, issued.jti, 1)


def test_a_check_that_is_due_is_not_skipped_without_the_duty_administrator(store: Store) -> None:
    issued = approved(store, rules(screening="always"))
    assert look(store, issued.jti).needs_duty
    with pytest.raises(RuleForbids, match="duty"):
        let_in(store, issued.jti)
    assert let_in(store, issued.jti, allowed_by="dana").allowed_by == "dana"


def test_an_escort_that_is_due_is_the_guards_question(store: Store) -> None:
    found = look(store, approved(store, rules(escort="host")).jti)
    assert (found.decided.verdict, found.decided.reason, found.needs_duty) == (
        Verdict.ASK,
        Reason.ESCORT_DUE,
        False,
    )


def test_a_full_school_and_its_threat_level_hold_here_too(store: Store) -> None:
    issued = approved(store, rules(visitor_capacity=0))
    assert look(store, issued.jti).decided.reason is Reason.CAPACITY_FULL
    threat = Threat(level="red", valid_from=AT, valid_until=AT + timedelta(days=1), source="akimat")
    strict = rules(threat=threat, measures={"red": {"visitor": Measure(entry="refuse")}})
    store.write_now(lambda session: publish_policy(session, site=SITE, policy=strict, by="t", at=AT))
    assert look(store, issued.jti).decided.reason is Reason.THREAT_LEVEL
