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
    GATE_FREE = "gate_free"
    LOCKDOWN = "lockdown"
    NO_POLICY = "no_policy"
    PASS_NOT_GENUINE = "pass_not_genuine"
    PASS_OF_ANOTHER_SITE = "pass_of_another_site"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    PASS_USED = "pass_used"
    ITEM_FOUND = "item_found"
    CHECK_REFUSED = "check_refused"
    THREAT_LEVEL = "threat_level"
    HOLIDAY = "holiday"
    OUTSIDE_WINDOW = "outside_window"
    WRONG_ENTRANCE = "wrong_entrance"
    CAPACITY_FULL = "capacity_full"
    ALREADY_INSIDE = "already_inside"
    PASS_RESERVED = "pass_reserved"
    CLOCK_DOUBTED = "clock_doubted"
    POLICY_TOO_STALE = "policy_too_stale"
    POLICY_STALE = "policy_stale"
    LATE = "late"
    SCREENING_DUE = "screening_due"
    ESCORT_DUE = "escort_due"
    EMERGENCY = "emergency"
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
