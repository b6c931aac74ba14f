"""A pass's token: what a gate makes of a true one, and of everything that somebody may put before a scanner instead."""

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from schemas.pass_token import MAX_CHARACTERS, PassClaims, PassShown, credential_of, jti_of, shown, written
from schemas.site_policy import PassKey
from tests.vectors.pass_tokens import PassVector, load, public_key, seed

CORPUS = load()
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CLAIMS = PassClaims(iss="school-1", jti="7f3a9c10b2d84e55", nbf=1795395600, exp=1795424400)
TRUE = written(CLAIMS, "2026-11-a", seed(1))


@pytest.mark.parametrize("vector", CORPUS.vectors, ids=str)
def test_a_gate_makes_of_a_scan_what_the_vector_says(vector: PassVector) -> None:
    found = shown(vector.text, CORPUS.site, CORPUS.keys, vector.now)
    assert found == PassShown(vector.jti, vector.fault)  # type: ignore[arg-type]


def test_the_corpus_reaches_every_fault() -> None:
    assert {vector.fault for vector in CORPUS.vectors} == {
        None,
        "unreadable",
        "forged",
        "unknown_key",
        "foreign_site",
        "not_yet_valid",
        "expired",
    }
    assert len(CORPUS.vectors) == len({vector.name for vector in CORPUS.vectors})


@given(some.text(max_size=400))
@example("\ud800.\ud800.\ud800")
@example("A" * 100 + "." + "9" * 90 + ".A")
def test_no_text_raises_and_none_is_a_pass(text: str) -> None:
    found = shown(text, "school-1", CORPUS.keys, NOW)
    assert found.fault is not None


@given(some.integers(0, len(TRUE) - 1), some.characters())
def test_whatever_one_character_becomes_the_pass_is_the_same_or_none(place: int, letter: str) -> None:
    text = TRUE[:place] + letter + TRUE[place + 1 :]
    found = shown(text, "school-1", CORPUS.keys, NOW)
    assert (found.fault is None) is (text == TRUE), "one pass has one text, and its name never changes"


@given(
    some.dictionaries(
        some.sampled_from(["iss", "jti", "nbf", "exp", "aud"]),
        some.one_of(
            some.none(),
            some.booleans(),
            some.integers(),
            some.floats(),
            some.text(max_size=8),
            some.lists(some.integers(), max_size=2),
        ),
    )
)
def test_claims_of_whatever_kind_raise_nothing(claims: dict[str, object]) -> None:
    import json  # noqa: PLC0415

    head = TRUE.split(".")[0]
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert shown(f"{head}.{middle}.AA", "school-1", CORPUS.keys, NOW).fault is not None


def test_a_million_characters_take_no_longer_than_a_person_notices() -> None:
    began_s = time.perf_counter()
    for letter in (".", "e", "[", "ы"):
        assert shown(letter * 1_000_000, "school-1", CORPUS.keys, NOW).fault == "unreadable"
    assert time.perf_counter() - began_s < 0.5


def test_a_gate_that_knows_no_key_believes_no_pass() -> None:
    assert shown(TRUE, "school-1", [], NOW) == PassShown(CLAIMS.jti, "unknown_key")


@pytest.mark.parametrize("wrong", ["", "AAAA", "not base64 at all!", "A" * 44])
def test_a_key_that_is_none_believes_nothing_and_raises_nothing(wrong: str) -> None:
    key = PassKey(kid="2026-11-a", public_key=wrong, valid_from=NOW - timedelta(1), valid_until=NOW + timedelta(1))
    assert shown(TRUE, "school-1", [key], NOW).fault == "forged"


def test_what_was_written_is_what_is_shown_and_a_read_names_it_by_its_jti() -> None:
    assert shown(TRUE, "school-1", CORPUS.keys, NOW) == PassShown(CLAIMS.jti, None)
    assert jti_of(credential_of(CLAIMS.jti)) == CLAIMS.jti
    assert jti_of("47de48005179e0bd7bba4fee1bc77c33") is None
    assert CORPUS.keys[0].public_key == base64.b64encode(public_key(1)).decode()


def test_a_pass_that_would_not_fit_its_code_is_not_written() -> None:
    with pytest.raises(ValueError, match=str(MAX_CHARACTERS)):
        written(PassClaims(iss="s" * 150, jti="a1", nbf=1, exp=2), "2026-11-a", seed(1))
