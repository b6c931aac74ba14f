"""What a proposed policy changes against the one in force: one change a field, for the command line and for the page
that asks before it publishes.
"""

from collections.abc import Iterator

import msgspec

from schemas.site_policy import Measure, SitePolicy

SITE_FIELDS = (
    "name",
    "utc_offset_min",
    "answer_within_ms",
    "visitor_capacity",
    "screening_share",
    "question_after_s",
    "reserve_s",
    "calendar",
    "threat",
    "pass_keys",
)
CATEGORY_FIELDS = (
    "windows",
    "anti_passback",
    "passback_within_s",
    "admit_staleness_s",
    "refuse_staleness_s",
    "open_on_holidays",
    "entrances",
    "escort",
    "screening",
    "walk_in",
    "lessons",
)
MEASURE_FIELDS = ("entry", "screening", "escort", "walk_in")


class Change(msgspec.Struct, frozen=True):
    """One field that differs. ``about`` is ``site``, ``category/<name>``, ``gate/<name>`` or
    ``measure/<level>/<category>``; ABSENT stands for what one of the two does not have.
    """

    about: str
    field: str
    before: object
    after: object


ABSENT = msgspec.UNSET


def changes(before: SitePolicy | None, after: SitePolicy) -> list[Change]:
    """Give every field that differs, in the order in which a policy is written; versions are not compared."""
    found = list(_fields("site", before, after, SITE_FIELDS))
    old_categories = dict(before.categories) if before else {}
    for category in sorted({*old_categories, *after.categories}):
        old, new = old_categories.get(category), after.categories.get(category)
        found += _fields(f"category/{category}", old, new, CATEGORY_FIELDS)
    found += _measures(before, after)
    old_gates = before.gates if before else {}
    for gate in sorted({*old_gates, *after.gates}):
        found += _fields(f"gate/{gate}", old_gates.get(gate), after.gates.get(gate), ("name", "public_keys"))
    return found


def _measures(before: SitePolicy | None, after: SitePolicy) -> Iterator[Change]:
    old = before.measures if before else {}
    for level in ("yellow", "orange", "red"):
        olds, news = old.get(level, {}), after.measures.get(level, {})
        for category in sorted({*olds, *news}):
            yield from _fields(
                f"measure/{level}/{category}",
                olds.get(category, Measure()),
                news.get(category, Measure()),
                MEASURE_FIELDS,
            )


def _fields(
    about: str, old: msgspec.Struct | None, new: msgspec.Struct | None, names: tuple[str, ...]
) -> Iterator[Change]:
    for name in names:
        was, becomes = getattr(old, name, ABSENT), getattr(new, name, ABSENT)
        if was != becomes:
            yield Change(about, name, was, becomes)
