"""The school's first page: whether and when visitors are let in today, what to bring and what not, and where to begin;
and the list of items to look into.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from schemas.site_policy import SitePolicy, ThreatLevel
from services.rules.asked import clock_of, measure_now, on_the_wall, threat_now
from services.rules.opening_times import closed_day, windows_of
from services.store.screenings.items import item_list
from services.store.visits import deeds
from services.web.shared.outside import School, outside_page, school
from services.web.shared.parts import parts_of
from services.web.shared.visitors import words

_SAID = {"ended": "visit.ended"}
_LONGEST = 200

router = APIRouter(prefix="/visit/{site}")
AtSchool = Annotated[School, Depends(school)]


class Today(msgspec.Struct, frozen=True):
    """What holds for visitors on one day: the times in which they are let in, the holiday that it is, the threat level
    in force and what it does to them.
    """

    times: list[str]
    holiday: str | None
    level: ThreatLevel
    entry: str


def today(policy: SitePolicy, now: datetime) -> Today:
    """Give what holds for visitors on the school's day of a moment. Pure."""
    local = on_the_wall(policy, now)
    rules = policy.categories.get("visitor")
    closed = closed_day(policy, local.date()) if rules is not None and not rules.open_on_holidays else None
    open_today = windows_of(rules.windows, local.isoweekday(), None) if rules is not None and closed is None else []
    times = sorted((window.opens_min, window.closes_min) for window in open_today)
    threat, measure = threat_now(policy, now), measure_now(policy, "visitor", now)
    return Today(
        times=[f"{clock_of(opens)}–{clock_of(closes)}" for opens, closes in times],
        holiday=closed.name if closed else None,
        level=threat.level if threat else "none",
        entry=measure.entry if measure else "as_usual",
    )


@router.get("")
async def opening(request: Request, here: AtSchool, said: str = "") -> Response:
    """Show the school's first page."""
    values = {
        "notice": words(request).say(_SAID[said]) if said in _SAID else None,
        "day": today(here.policy, parts_of(request).clock()),
        "kinds": [kind for kind in item_list().categories if kind.status == "prohibited"],
        "kept_days": deeds.KEPT.days,
    }
    return outside_page(request, "visitor_portal/opening.html", here, values, back=f"/visit/{here.site}")


@router.get("/offline")
async def offline(request: Request, here: AtSchool) -> Response:
    """Show what a phone that keeps a pass shows in place of any other page when there is no network."""
    return outside_page(request, "visitor_portal/offline.html", here, {}, back=f"/visit/{here.site}")


@router.get("/items")
def items(request: Request, here: AtSchool, q: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
    """Look into the list of items that may not be brought in, in the visitor's own words."""
    found = item_list().find(q)
    values = {"q": q, "found": [(item, item_list().prohibited(item.code)) for item in found], "list": item_list()}
    return outside_page(request, "visitor_portal/items.html", here, values, back=f"/visit/{here.site}/items")
