"""What would mend a decision that did not admit: a code for each reason, which pages and ``qaqpa explain`` word."""

from typing import Literal

from schemas.reasons import Reason

Mend = Literal[
    "nothing",
    "all_clear",
    "policy",
    "new_pass",
    "right_site",
    "register",
    "new_credential",
    "come_later",
    "settle_item",
    "check",
    "duty_administrator",
    "working_day",
    "right_entrance",
    "wait_for_room",
    "show_document",
    "wait_a_minute",
    "clock",
    "link",
    "escort",
]

MENDS: dict[Reason, Mend] = {
    Reason.EXIT_FREE: "nothing",
    Reason.GATE_FREE: "nothing",
    Reason.LOCKDOWN: "all_clear",
    Reason.NO_POLICY: "policy",
    Reason.PASS_NOT_GENUINE: "new_pass",
    Reason.PASS_OF_ANOTHER_SITE: "right_site",
    Reason.UNKNOWN_CREDENTIAL: "register",
    Reason.REVOKED: "new_credential",
    Reason.NOT_YET_VALID: "come_later",
    Reason.EXPIRED: "new_credential",
    Reason.PASS_USED: "new_pass",
    Reason.ITEM_FOUND: "settle_item",
    Reason.CHECK_REFUSED: "check",
    Reason.THREAT_LEVEL: "duty_administrator",
    Reason.HOLIDAY: "working_day",
    Reason.OUTSIDE_WINDOW: "come_later",
    Reason.WRONG_ENTRANCE: "right_entrance",
    Reason.CAPACITY_FULL: "wait_for_room",
    Reason.ALREADY_INSIDE: "show_document",
    Reason.PASS_RESERVED: "wait_a_minute",
    Reason.CLOCK_DOUBTED: "clock",
    Reason.POLICY_TOO_STALE: "link",
    Reason.POLICY_STALE: "link",
    Reason.LATE: "duty_administrator",
    Reason.SCREENING_DUE: "check",
    Reason.ESCORT_DUE: "escort",
    Reason.EMERGENCY: "nothing",
    Reason.VALID: "nothing",
}
"""What would mend each reason; of reasons that admit, nothing has to."""
