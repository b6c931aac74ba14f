"""Where somebody is told: how an e-mail address and a telephone are written. Pure."""

import re

_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+7[0-9]{10}")


def is_email(text: str) -> bool:
    """Tell whether a text is an e-mail address, in Latin letters."""
    return len(text) <= _LONGEST_EMAIL and ".." not in text and _EMAIL.fullmatch(text) is not None


def is_telephone(text: str) -> bool:
    """Tell whether a text is a telephone as messages are sent to it: +77011234567."""
    return _PHONE.fullmatch(text) is not None
