"""A scan as a read: the pass that it names, a name of its own for what names none, and a keyboard that spoiled it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.pass_token import PassClaims, written
from schemas.site_policy import PassKey, SitePolicy
from tests.vectors.pass_tokens import load, seed
from turnstile_bridge.shown_pass import ShownPass, shown_pass

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TOKEN = written(
    PassClaims(iss="school-1", jti="7f3a9c10b2d84e55", nbf=1795395600, exp=1795424400), "2026-11-a", seed(1)
)
KEYS: list[PassKey] = load().keys
POLICY = SitePolicy(
    version=1, name="School 1", utc_offset_min=300, answer_within_ms=300, categories={}, gates={}, pass_keys=KEYS
)
CARD_KEY = bytes(32)
RUSSIAN = str.maketrans(
    "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM.", "йцукенгшщзфывапролдячсмитьЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬю"
)
KAZAKH_DIGITS = str.maketrans("1234567890-_", '"әіңғ,.үұқөӨ')


def judged(data: bytes, policy: SitePolicy | None = POLICY) -> ShownPass:
    """Judge a scan at a school's gate."""
    return shown_pass(data, "school-1", policy, CARD_KEY, NOW)


def test_a_pass_is_known_by_its_name_and_never_by_its_text() -> None:
    assert judged(TOKEN.encode()) == ShownPass("pass/7f3a9c10b2d84e55", None, spoiled_by_layout=False)
    assert judged(TOKEN.encode(), None).fault == "unknown_key", "a gate that has no policy believes no pass"


@given(some.binary(max_size=1024))
def test_whatever_is_shown_has_a_name_that_says_nothing_and_stays_the_same(data: bytes) -> None:
    found = judged(data)
    assert found.fault == "unreadable"
    assert len(found.credential) == 32
    assert found == judged(data)
    assert found.credential != shown_pass(data, "school-1", POLICY, b"\1" * 32, NOW).credential


@pytest.mark.parametrize("coding", ["utf-8", "cp1251"])
def test_a_keyboard_under_a_russian_layout_is_recognised(coding: str) -> None:
    found = judged(TOKEN.translate(RUSSIAN).encode(coding))
    assert (found.fault, found.spoiled_by_layout) == ("unreadable", True)


def test_a_keyboard_under_a_kazakh_layout_is_recognised() -> None:
    typed = "".join(
        letter.translate(RUSSIAN if letter.isalpha() or letter == "." else KAZAKH_DIGITS) for letter in TOKEN
    )
    assert judged(typed.encode()).spoiled_by_layout


@pytest.mark.parametrize(
    "text",
    ["Ержан Серікұлы", "унО", "унО.унО", "унОюунО", "унОюю", "eyJ.a.b", "https://egov.kz/қазақша", "4870001234567"],
)
def test_another_text_in_cyrillic_is_not_taken_for_a_keyboard(text: str) -> None:
    assert not judged(text.encode()).spoiled_by_layout
