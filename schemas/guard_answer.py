"""Guard answer: a guard's yes or no to a read that asked, or an admission by name. From the guard's page; the gate
acts on it.
"""

from typing import Literal

import msgspec

from schemas.credential import Category
from schemas.credential_read import Direction
from schemas.moment import Moment

Because = Literal[
    "known_to_me",
    "document_seen",
    "duty_administrator_allows",
    "card_forgotten",
    "card_lost",
    "called_back",
    "emergency_crew",
    "not_expected",
    "not_the_holder",
    "told_to_wait",
    "other",
    "crew_coming",
    "crew_coming_in_lockdown",
]
HOLDS: frozenset[Because] = frozenset({"crew_coming", "crew_coming_in_lockdown"})
"""Answers to nobody's read that hold a gate free for an emergency crew, or (refuse) end that."""

_NAMED = "name/"


class GuardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one person at the post decided, always with a reason.

    ``read`` is the read that asked; None for an admission by name (a forgotten card, a walk-in), which names the
    holder. ``allowed_by`` is the duty administrator who was asked, where one had to be. After ``expires_at`` it opens
    nothing: an answer of ``HOLDS`` holds the gate free until then, and only one that knows of a lockdown does so in it.
    ``credential`` is what was named instead of shown (``pass/<jti>``, by its short code): the act and its passage are
    that pass's.
    """

    gate: str
    direction: Direction
    read: str | None
    answer: Literal["admit", "refuse"]
    because: Because
    holder: str | None
    category: Category | None
    by: str
    post: str
    allowed_by: str | None
    comment: str | None
    expires_at: Moment
    credential: str | None = None


def credential_of_name(answer: GuardAnswer) -> str:
    """Give what stands for a credential where somebody is admitted by name: the pass that was named, or what kind of
    person, and who.
    """
    return answer.credential or f"{_NAMED}{answer.category or ''}/{answer.holder or answer.because}"


def category_of_name(credential: str) -> str | None:
    """Give the category of whoever was admitted by name, None for what was shown at a reader."""
    category, slash, _ = credential.removeprefix(_NAMED).partition("/")
    return category if credential.startswith(_NAMED) and slash else None
