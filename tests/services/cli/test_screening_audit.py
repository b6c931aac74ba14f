"""``qaqpa screening audit``: what the system drew against what the guards did, and whether the draws were fair."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from schemas.credential import Category
from schemas.site_policy import CategoryRules
from services.rules.drawing import check_due
from services.store import administration
from services.store.database import Store
from services.store.screenings import checks
from services.store.screenings.checks import Check
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.store.visits.draws import DrawRow
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from tests.schemas.examples import base64_of, policy
from tests.services.cli.conftest import Qaqpa

SITE = "school-1"
AT = datetime.now(UTC) - timedelta(days=3)
RULES = CategoryRules(windows=[], anti_passback="off", admit_staleness_s=60.0, screening="drawn")
POLICY = msgspec.structs.replace(
    policy().data, categories={"visitor": RULES, "contractor": RULES}, gates={}, screening_share=0.4
)


@pytest.fixture
def month(kept: Store) -> Iterator[Store]:
    """Sixty walk-ins: two guards; one checks whoever is drawn, the other spares one and picks two."""

    def enter(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=POLICY, by="test", at=AT - timedelta(days=1))
        spared, picked = 0, 0
        for number in range(60):
            guard = "aigul" if number % 2 else "sabit"
            category: Category = "contractor" if number % 3 == 0 else "visitor"
            row = register(session, number, guard, category)
            wants = row.drawn
            if guard == "sabit":
                if row.drawn and spared < 1:
                    wants, spared = False, spared + 1
                elif not row.drawn and picked < 2:
                    wants, picked = True, picked + 1
            if wants:
                check(session, row, guard, "check_refused" if number == 7 else "nothing_found")

    kept.write_now(enter)
    yield kept
    kept.close()


def register(session: Session, number: int, by: str, category: Category = "visitor", name: str = "") -> WalkInRow:
    told = WalkIn(
        visit=walk_ins.new_visit(),
        name=name or f"Келуші {number}",
        category=category,
        document_kind="passport",
        document_tail="5678",
        host_text="5А",
        purpose="жиналыс",
    )
    return walk_ins.register(session, site=SITE, told=told, by=by, post="entrance", at=AT + timedelta(minutes=number))


def check(session: Session, row: WalkInRow, by: str, outcome: str) -> None:
    told = msgspec.convert(
        {"holder": row.holder, "category": row.category, "method": "visual", "outcome": outcome, "items": []}, Check
    )
    checks.record_check(
        session, site=SITE, check=told, by=by, post="entrance", at=row.registered_at + timedelta(seconds=30)
    )


def test_draws_are_set_against_checks_by_category_and_guard_and_name_nobody(
    school: Path, month: Store, qaqpa: Qaqpa
) -> None:
    del school
    drawn = month.read_now(lambda session: session.execute(sa.select(WalkInRow)).scalars().all())
    due = [row for row in drawn if row.drawn]
    told = qaqpa("screening", "audit", "--site", SITE, "--days", "7", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    whole = found["by_guard"]
    assert {name: tally["registered"] for name, tally in whole.items()} == {
        "aigul at entrance": 30,
        "sabit at entrance": 30,
    }
    assert sum(tally["drawn"] for tally in whole.values()) == len(due)
    assert sum(tally["expected"] for tally in found["by_category"].values()) == pytest.approx(24)
    assert (whole["aigul at entrance"]["missed"], whole["aigul at entrance"]["chosen"]) == (0, 0)
    assert (whole["sabit at entrance"]["missed"], whole["sabit at entrance"]["chosen"]) == (1, 2)
    (missed,) = found["missed"]
    assert missed["visit"] in {row.visit for row in due}
    assert not missed["went_in"]
    assert sum(chosen["checks"] for chosen in found["chosen"] if chosen["by"] == "sabit") == 2
    assert (found["agreeing"], found["otherwise"], found["cannot"]) == (60, [], 0)
    said = qaqpa("screening", "audit", "--site", SITE, "--days", "7")
    assert said.returncode == 0
    assert missed["visit"] in said.stdout
    for text in (told.stdout, said.stdout):
        assert "Келуші" not in text
        assert "visitor-" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (sa.update(WalkInRow).values(drawn=sa.not_(sa.column("drawn"))), "drawn_otherwise"),
        (sa.update(DrawRow).where(sa.column("due").is_(sa.true())).values(share=0.0), "drawn_otherwise"),
        (sa.update(DrawRow).where(sa.column("due").is_(sa.true())).values(share=1.0), "rule_otherwise"),
        (sa.delete(DrawRow), "no_draw"),
    ],
)
def test_a_draw_that_comes_out_otherwise_is_a_finding(
    school: Path, month: Store, qaqpa: Qaqpa, change: sa.UpdateBase, why: str
) -> None:
    del school
    month.write_now(lambda session: session.execute(change))
    told = qaqpa("screening", "audit", "--site", SITE, "--days", "7", "--json")
    assert told.returncode == 1, told.stderr
    otherwise = json.loads(told.stdout)["otherwise"]
    assert otherwise
    assert {each["why"] for each in otherwise} == {why}
    assert "otherwise" in qaqpa("screening", "audit", "--site", SITE, "--days", "7").stdout


def test_a_visitor_registered_again_until_not_drawn_is_listed(school: Path, kept: Store, qaqpa: Qaqpa) -> None:
    del school

    def enter(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=POLICY, by="test", at=AT - timedelta(days=1))
        rows = [register(session, number, "sabit", name="Сол кісі") for number in range(40)]
        assert {row.drawn for row in rows} == {True, False}

    kept.write_now(enter)
    kept.close()
    found = json.loads(qaqpa("screening", "audit", "--site", SITE, "--json").stdout)
    assert found["again"]
    assert {again["registered_by"] for again in found["again"]} == {"sabit at entrance"}


def test_visits_drawn_before_draws_were_kept_are_drawn_again_with_the_visits_key(
    school: Path, kept: Store, qaqpa: Qaqpa
) -> None:
    (school / "visits.key").write_text(base64_of(b"v" * 32), encoding="ascii")
    with (school / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write('[visits]\nkey = "visits.key"\npass_keys = "passes"\npublic_url = "http://127.0.0.1"\n')
    secret = Seals(b"v" * 32).drawing_secret(SITE)

    def enter(session: Session, *, lie: bool) -> None:
        administration.publish_policy(session, site=SITE, policy=POLICY, by="test", at=AT - timedelta(days=1))
        for number in range(20):
            visit = f"visit-{'lie' if lie else 'old'}-{number}"
            due = check_due(POLICY, "visitor", visit, secret, AT)
            session.add(asked(visit, due=due is not lie))

    kept.write_now(lambda session: enter(session, lie=False))
    told = qaqpa("screening", "audit", "--site", SITE, "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["agreeing"] == 20
    kept.write_now(lambda session: enter(session, lie=True))
    kept.close()
    assert qaqpa("screening", "audit", "--site", SITE, "--json").returncode == 1


def asked(visit: str, *, due: bool) -> VisitRow:
    return VisitRow(
        site=SITE,
        visit=visit,
        draft=None,
        holder=f"visitor-{visit}",
        category="visitor",
        name="Б",
        name_key="б",
        host_text="",
        purpose="",
        arrives_at=AT,
        leaves_at=AT + timedelta(hours=1),
        companions=[],
        contact=None,
        language="kk",
        consent_version="1",
        consent_at=AT,
        screening_due=due,
        requested_at=AT,
        kept_until=AT + timedelta(days=365),
    )


def test_a_site_that_there_is_not_is_said_in_one_line(school: Path, qaqpa: Qaqpa) -> None:
    del school
    told = qaqpa("screening", "audit", "--site", "school-9")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "qaqpa: site school-9 has no policy: nobody has been drawn there\n"
