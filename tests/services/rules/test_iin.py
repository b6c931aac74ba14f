"""The check digit of an identity number, by the worked examples of the rule."""

import pytest

from services.rules.iin import is_iin


@pytest.mark.parametrize("number", ["900101100014", "950615200420", "990303101801", "001346100011"])
def test_a_number_with_the_right_last_digit_may_have_been_issued_whatever_its_date(number: str) -> None:
    assert is_iin(number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not is_iin(wrong)


@pytest.mark.parametrize("last", range(10))
def test_a_number_whose_digit_would_be_ten_twice_is_none(last: int) -> None:
    assert not is_iin(f"99030310260{last}")


@pytest.mark.parametrize("text", ["", "90010110001", "9001011000144", "٩٠٠١٠١١٠٠٠١٤", "90010110001x", "９00101100014"])
def test_anything_else_is_no_number(text: str) -> None:
    assert not is_iin(text)
