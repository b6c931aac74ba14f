"""Why a credential read was decided as it was: one code a decision, the same word in schema, table, page and test.

A page words each code for the guard in three languages (``services/i18n``); a test fails when a code has no words.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What the gate is to do with a read."""

    ADMIT = "admit"
    REFUSE = "refuse"
    ASK = "ask"


class Reason(StrEnum):
    """The one reason worth saying, in the order in which the rules are asked (``services/rules/decide.py``)."""

    EXIT_FREE = "exit_free"
    NO_POLICY = "no_policy"
    GATE_FREE = "gate_free"
    LOCKDOWN = "lockdown"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OUTSIDE_WINDOW = "outside_window"
    ALREADY_INSIDE = "already_inside"
    POLICY_STALE = "policy_stale"
    VALID = "valid"


class Refused(StrEnum):
    """Why a record was not taken and went to the dead letters: the fault is its sender's."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    FUTURE_VERSION = "future_version"
    WRONG_EVENT = "wrong_event"
    UNKNOWN_SIGNER = "unknown_signer"
    WRONG_SIGNATURE = "wrong_signature"
    NOT_THE_WRITER = "not_the_writer"
    FOREIGN_SITE = "foreign_site"
    WRONG_PARTITION = "wrong_partition"
    UNDELIVERABLE = "undeliverable"
    FAULT = "fault"
