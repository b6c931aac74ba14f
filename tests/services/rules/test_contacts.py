"""Addresses that messages can go to, and texts that only look like some."""

import pytest

from services.rules.contacts import is_email, is_telephone


@pytest.mark.parametrize("text", ["+77011234567", "+79161234567"])
def test_a_telephone_is_written_with_its_country(text: str) -> None:
    assert is_telephone(text)
    assert not is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "87011234567", "77011234567", "+7701123456", "+770112345678", "+7 701 123 45 67", "+4479460000000"),
        *("+77011234567\n", "+7701123456x", "+7٧٠١١٢٣٤٥٦٧", "tel", "a@b.kz"),
    ],
)
def test_what_no_message_could_go_to_is_no_telephone(text: str) -> None:
    assert not is_telephone(text)


@pytest.mark.parametrize("text", ["anna@school.kz", "a.b+c@mail.school-12.edu.kz"])
def test_an_email_address_is_one(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "anna", "anna@", "@school.kz", "anna@school", "a b@school.kz", "анна@school.kz", "anna@school..kz"),
        *("anna@school.kz\nBcc: x@y.kz", f"{'a' * 65}@school.kz", f"a@{'b' * 260}.kz", "a@b@school.kz"),
    ],
)
def test_what_no_message_could_go_to_is_no_email_address(text: str) -> None:
    assert not is_email(text)
