"""The individual identification number (ЖСН, ИИН): twelve digits, of which the last checks the others.

Only the checksum is judged. Decree 853 of 26.08.2013 took the link to the birth date away: digits that are no date, or
another than the holder's, are no error (``law.md`` 7).
"""

DIGITS = 12
_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_MODULUS = 11
_NO_DIGIT = 10


def is_iin(text: str) -> bool:
    """Tell whether a text is an IIN that may have been issued: twelve digits 0 to 9 with the right last one."""
    if len(text) != DIGITS or not (text.isascii() and text.isdecimal()):
        return False
    digits = [int(digit) for digit in text]
    return digits[-1] == _check_digit(digits[:-1])


def _check_digit(digits: list[int]) -> int:
    """Give the last digit; 10 on both passes equals none, and such a number is not issued."""
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % _MODULUS
        if rest != _NO_DIGIT:
            return rest
    return _NO_DIGIT
