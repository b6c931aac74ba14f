"""Draws: one secret a site, made once; each draw kept with what was in force, and the same again."""

from datetime import timedelta

import msgspec
from sqlmodel import Session, col, select

from schemas.credential import Category
from schemas.site_policy import CategoryRules, Measure, Threat
from services.store.database import Store
from services.store.visits import draws
from services.store.visits.draws import DrawingSecretRow, DrawRow
from tests.schemas.examples import AT, policy
from tests.services.store.at_once import WRITERS, at_once

SITE = "school-1"
RULES = CategoryRules(windows=[], anti_passback="off", admit_staleness_s=60.0, screening="drawn")
POLICY = msgspec.structs.replace(policy(7).data, categories={"visitor": RULES, "emergency": RULES}, screening_share=0.5)
RED = Threat(level="red", valid_from=AT, valid_until=AT + timedelta(hours=1), source="әкімдік")


def draw(store: Store, visit: str, site: str = SITE, category: Category = "visitor", **changes: object) -> bool:
    rules = msgspec.structs.replace(POLICY, **changes)
    return store.write_now(
        lambda session: draws.draw(session, site=site, visit=visit, category=category, policy=rules, at=AT)
    )


def kept(store: Store) -> list[DrawRow]:
    return store.read_now(lambda session: list(session.exec(select(DrawRow).order_by(col(DrawRow.visit)))))


def secrets_of(store: Store) -> dict[str, str]:
    return store.read_now(lambda session: {row.site: row.secret for row in session.exec(select(DrawingSecretRow))})


def test_a_draw_is_kept_with_what_was_in_force_and_comes_out_again(store: Store) -> None:
    due = {f"v{number:03}": draw(store, f"v{number:03}") for number in range(100)}
    assert 25 < sum(due.values()) < 75
    secret = bytes.fromhex(secrets_of(store)[SITE])
    rows = kept(store)
    assert {row.visit: row.due for row in rows} == due
    assert {row.visit: row.again(secret) for row in rows} == due
    assert {(row.rule, row.share, row.policy_version, row.category) for row in rows} == {("drawn", 0.5, 7, "visitor")}


def test_a_threat_level_draws_all_and_says_so_and_a_crew_is_never_drawn(store: Store) -> None:
    measures = {"red": {"visitor": Measure(screening="always")}}
    assert draw(store, "v1", screening_share=0.0, threat=RED, measures=measures)
    assert not draw(store, "v2", category="emergency", screening_share=1.0)
    assert [(row.visit, row.rule, row.due) for row in kept(store)] == [("v1", "always", True), ("v2", "drawn", False)]


def test_a_site_without_a_policy_draws_nobody_and_has_no_secret(store: Store) -> None:
    assert not store.write_now(
        lambda session: draws.draw(session, site=SITE, visit="v", category="visitor", policy=None, at=AT)
    )
    assert (kept(store), secrets_of(store)) == ([], {})


def test_each_site_has_its_own_secret_and_keeps_it(store: Store) -> None:
    draw(store, "v1")
    before = secrets_of(store)
    draw(store, "v2")
    draw(store, "v1", site="school-2")
    after = secrets_of(store)
    assert after[SITE] == before[SITE]
    assert after["school-2"] != after[SITE]
    assert store.read_now(lambda session: draws.of_visits(session, "school-2", ["v2"])) == {}


async def test_of_writers_who_draw_the_first_visitors_at_once_all_use_one_secret(store: Store) -> None:
    numbers = iter(range(WRITERS))

    def act(session: Session) -> str:
        visit = f"v{next(numbers)}"
        draws.draw(session, site=SITE, visit=visit, category="visitor", policy=POLICY, at=AT)
        secret = draws.secret_of(session, SITE)
        assert secret is not None
        return secret.hex()

    used = await at_once(store, act)
    assert set(used) == {secrets_of(store)[SITE]}
    assert all(row.again(bytes.fromhex(used[0])) == row.due for row in kept(store))
