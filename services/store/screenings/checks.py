"""Checks of people at the post: what one leaves standing, what somebody decides about it later, each as the next
version of the holder's screening, with its outbox record and audit line in one transaction.

Nobody is searched: a pupil's check is what the pupil shows, and a pupil who will not show anything is led to the duty
administrator and a parent, with nothing recorded against entering (``law.md`` 1).
"""

from datetime import datetime
from typing import Literal

import msgspec
from sqlmodel import Session

from schemas.credential import Category
from schemas.screening import FoundItem, Method, Outcome, Screening, Standing
from schemas.topics import SCREENINGS
from services.store.administration import RuleForbids
from services.store.columns import as_said
from services.store.database import serialise
from services.store.local_time import local_midnight
from services.store.records import screenings
from services.store.records.screenings import ScreeningRow
from services.store.saying import say
from services.store.screenings import registrations
from services.store.screenings.items import item_list

Resolution = Literal["left_at_the_post", "taken_away", "exception_accepted", "handed_over", "mistaken"]

RANKS: tuple[Standing, ...] = ("clear", "check_refused", "item_found", "weapon_suspected", "weapon_confirmed")
"""What stands against a person, from nothing to the worst; a check never makes less of what is not resolved."""

_STAYS: frozenset[str] = frozenset({"item_found", "weapon_suspected", "weapon_confirmed"})
_OF_PUPILS: frozenset[str] = frozenset({"visual", "shown"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard says of one check: of whom, how, what came of it, where."""

    holder: str
    category: Category
    method: Method
    outcome: Outcome
    items: list[FoundItem]
    gate: str | None = None


def standing_after(before: str | None, check: Check) -> Standing:
    """Tell what stands against a person after a check, ``before`` being what stood: an item that is not resolved stays,
    a phone refuses nobody, and what may be a weapon is suspected until a person has looked.
    """
    items = item_list()
    found: Standing = "clear"
    if check.outcome == "check_refused":
        found = "check_refused"
    elif any(items.asks_real(item.code) for item in check.items):
        found = "weapon_suspected"
    elif any(items.prohibited(item.code) for item in check.items):
        found = "item_found"
    stays = [known for known in RANKS if known == before and known in _STAYS]
    return max([found, *stays], key=RANKS.index)


def record_check(
    session: Session, *, site: str, check: Check, by: str, post: str, at: datetime, after: int | None = None
) -> Screening:
    """Record a check and give it as it was said. ``after`` is the version on which the guard's form was made: the same
    form sent again says nothing new. What may not be done with a pupil is a RuleForbids.
    """
    _forbid(check)
    serialise(session, SCREENINGS.name, site, check.holder)
    known = screenings.latest(session, site, check.holder)
    before_it = known.version if known else 0
    if known is not None and after is not None and after < before_it:
        sent = screenings.one(session, site, check.holder, after + 1)
        if sent is not None and _is_same(sent, check, by):
            return as_said(sent, Screening)
    version = before_it + 1
    since = local_midnight(session, site, at)
    refusals = screenings.refused_since(session, site, check.holder, since)
    before = known.standing if known else None
    kept = _items(known) if known is not None and before in _STAYS else []
    said = Screening(
        screening=f"check/{check.holder}/{version}",
        version=version,
        holder=check.holder,
        category=check.category,
        method=check.method,
        outcome=check.outcome,
        items=[*check.items, *(item for item in kept if item not in check.items)],
        standing=standing_after(before, check),
        refusals=refusals + (check.outcome == "check_refused"),
        drawn=registrations.is_drawn(session, site, check.holder, since),
        by=by,
        post=post,
        gate=check.gate,
        checked_at=at,
        resolved_at=None,
        resolution=None,
    )
    _say(session, site, said, by, at, f"check_{check.outcome}")
    return said


def judge_weapon(
    session: Session, *, site: str, holder: str, real: bool, by: str, post: str, at: datetime
) -> Screening | None:
    """Say of what is suspected whether it is real; a look-alike is still an item that may not be brought in. None when
    nothing is suspected any more.
    """
    serialise(session, SCREENINGS.name, site, holder)
    known = screenings.latest(session, site, holder)
    if known is None or known.standing != "weapon_suspected":
        return None
    standing: Standing = "weapon_confirmed" if real else "item_found"
    said = msgspec.structs.replace(
        as_said(known, Screening), version=known.version + 1, standing=standing, by=by, post=post
    )
    _say(session, site, said, by, at, "weapon_confirmed" if real else "weapon_look_alike")
    return said


def resolve(
    session: Session, *, site: str, holder: str, resolution: Resolution, by: str, may_all: bool, at: datetime
) -> Screening | None:
    """Resolve what stands against a person; None when nothing does. ``may_all`` is the duty administrator's and the
    director's: they alone accept an exception and resolve what is or may be a weapon (RuleForbids).
    """
    serialise(session, SCREENINGS.name, site, holder)
    known = screenings.latest(session, site, holder)
    if known is None or known.standing == "clear":
        return None
    if not may_all and (known.standing.startswith("weapon_") or resolution in {"exception_accepted", "mistaken"}):
        raise RuleForbids("duty_administrator")
    said = msgspec.structs.replace(
        as_said(known, Screening), version=known.version + 1, standing="clear", resolved_at=at, resolution=resolution
    )
    _say(session, site, said, by, at, "check_resolved")
    return said


def _forbid(check: Check) -> None:
    if check.category == "pupil" and check.outcome == "check_refused":
        raise RuleForbids("pupil_refuses")
    if check.category == "pupil" and check.method not in _OF_PUPILS:
        raise RuleForbids("pupil_detector")
    if (check.outcome == "found") != bool(check.items):
        raise RuleForbids("no_item")


def _say(session: Session, site: str, said: Screening, by: str, at: datetime, act: str) -> None:
    detail: dict[str, str] = {"standing": said.standing}
    say(session, site=site, topic=SCREENINGS, data=said, by=by, act=act, subject=said.holder, detail=detail, at=at)


def _is_same(row: ScreeningRow, check: Check, by: str) -> bool:
    """Tell whether a record is that of the same check by the same guard; items that stood before may have joined it."""
    said = (row.screening, row.by, row.method, row.outcome)
    told = [msgspec.to_builtins(item) for item in check.items]
    return said == (f"check/{check.holder}/{row.version}", by, check.method, check.outcome) and (
        row.items[: len(told)] == told
    )


def _items(row: ScreeningRow) -> list[FoundItem]:
    return msgspec.convert(row.items, list[FoundItem])
