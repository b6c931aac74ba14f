"""Topics as data: what lies where, by which key and partition, for how long, and the one role that writes it.

Nobody writes into another's topic, so state has one owner and ids one maker. A test holds the code to this table.
"""

from enum import StrEnum

import msgspec

from schemas.placement import partition_of

HOUR_S = 3600
DAY_S = 24 * HOUR_S

MAX_VALUE_BYTES = 64 * 1024
"""A longer value is refused on reading (``too_large``) and never written: the largest true record, a policy of many
gates, is a tenth of it.
"""


class Role(StrEnum):
    """Who writes or reads a topic; also whose key signs."""

    GATE = "gate"
    ADMISSION = "admission"
    ALARMING = "alarming"
    ADMINISTRATION = "administration"
    RECORDER = "recorder"
    WEB = "web"
    POLICE_LINK = "police-link"


class Family(StrEnum):
    """A set of topics with one partition count, fixed at creation."""

    STREAM = "stream"
    GATE = "gate"


class Key(StrEnum):
    """What a record's key is made of; compaction keeps the last record of each."""

    SITE = "site"
    SUBJECT = "site/subject"


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic. ``retention_s`` of None keeps the last record of each key for ever (compacted); a compacted topic
    may have a retention too.
    """

    name: str
    noun: str
    writer: Role
    readers: tuple[Role, ...]
    key: Key
    family: Family = Family.STREAM
    compacted: bool = False
    retention_s: int | None = None
    dead_letters: bool = True


class Placement(msgspec.Struct, frozen=True):
    """The partition counts of this cluster. The gates' count is a multiple of the stream's (``schemas.placement``)."""

    stream_partitions: int = 12
    gate_partitions: int = 24

    def __post_init__(self) -> None:
        """Refuse counts with which a worker could not find its sites' facts."""
        if self.stream_partitions < 1 or self.gate_partitions % self.stream_partitions:
            stream, gate = self.stream_partitions, self.gate_partitions
            message = f"gate_partitions ({gate}) must be a multiple of stream_partitions ({stream})"
            raise ValueError(message)

    def partitions(self, topic: Topic) -> int:
        """Give the partition count of a topic."""
        return self.gate_partitions if topic.family is Family.GATE else self.stream_partitions

    def partition(self, topic: Topic, site: str) -> int:
        """Give the partition of a site's records in a topic."""
        return partition_of(site, self.partitions(topic))


_FLOW = (Role.ADMISSION, Role.RECORDER)
_WEEK_S = 7 * DAY_S

CREDENTIAL_READS = Topic(
    name="credential_reads", noun="credential_read", writer=Role.GATE, readers=_FLOW, key=Key.SITE, retention_s=_WEEK_S
)
ACCESS_DECISIONS = Topic(
    name="access_decisions",
    noun="access_decision",
    writer=Role.ADMISSION,
    readers=(Role.GATE, Role.RECORDER),
    key=Key.SITE,
    family=Family.GATE,
    retention_s=DAY_S,
)
GATE_ACTS = Topic(
    name="gate_acts",
    noun="gate_act",
    writer=Role.GATE,
    readers=(Role.ADMISSION, Role.RECORDER, Role.WEB),
    key=Key.SITE,
    retention_s=_WEEK_S,
)
PASSAGES = Topic(
    name="passages",
    noun="passage",
    writer=Role.GATE,
    readers=(Role.ADMISSION, Role.RECORDER, Role.WEB),
    key=Key.SITE,
    retention_s=_WEEK_S,
)
GATE_EVENTS = Topic(
    name="gate_events",
    noun="gate_event",
    writer=Role.GATE,
    readers=(Role.ALARMING, Role.RECORDER, Role.WEB),
    key=Key.SITE,
    retention_s=_WEEK_S,
)
PANICS = Topic(
    name="panics",
    noun="panic",
    writer=Role.GATE,
    readers=(Role.ALARMING, Role.RECORDER, Role.WEB, Role.POLICE_LINK),
    key=Key.SITE,
    retention_s=30 * DAY_S,
)
PASS_USES = Topic(
    name="pass_uses",
    noun="pass_use",
    writer=Role.ADMISSION,
    readers=(Role.RECORDER, Role.WEB),
    key=Key.SITE,
    retention_s=_WEEK_S,
)
SIGNALS = Topic(
    name="signals",
    noun="signal",
    writer=Role.ADMISSION,
    readers=(Role.ALARMING, Role.RECORDER),
    key=Key.SITE,
    retention_s=_WEEK_S,
)
SCREENINGS = Topic(
    name="screenings",
    noun="screening",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.ALARMING, Role.RECORDER, Role.WEB),
    key=Key.SUBJECT,
    compacted=True,
    retention_s=30 * DAY_S,
)
RELEASES = Topic(
    name="releases",
    noun="release",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.RECORDER),
    key=Key.SUBJECT,
    compacted=True,
    retention_s=_WEEK_S,
)
ALARMS = Topic(
    name="alarms",
    noun="alarm",
    writer=Role.ALARMING,
    readers=(Role.RECORDER, Role.WEB, Role.POLICE_LINK),
    key=Key.SUBJECT,
    compacted=True,
    retention_s=30 * DAY_S,
)
ALARM_ACTIONS = Topic(
    name="alarm_actions",
    noun="alarm_action",
    writer=Role.ADMINISTRATION,
    readers=(Role.ALARMING, Role.RECORDER),
    key=Key.SITE,
    retention_s=30 * DAY_S,
)
DELIVERIES = Topic(
    name="deliveries",
    noun="delivery",
    writer=Role.POLICE_LINK,
    readers=(Role.RECORDER, Role.WEB),
    key=Key.SITE,
    retention_s=30 * DAY_S,
)
CREDENTIALS = Topic(
    name="credentials",
    noun="credential",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.GATE, Role.RECORDER),
    key=Key.SUBJECT,
    family=Family.GATE,
    compacted=True,
)
VISITOR_PASSES = Topic(
    name="visitor_passes",
    noun="visitor_pass",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.GATE, Role.RECORDER, Role.WEB),
    key=Key.SUBJECT,
    family=Family.GATE,
    compacted=True,
)
GUARD_ANSWERS = Topic(
    name="guard_answers",
    noun="guard_answer",
    writer=Role.ADMINISTRATION,
    readers=(Role.GATE, Role.RECORDER, Role.WEB),
    key=Key.SITE,
    family=Family.GATE,
    retention_s=DAY_S,
)
SITE_POLICIES = Topic(
    name="site_policies",
    noun="site_policy",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.ALARMING, Role.GATE, Role.RECORDER, Role.WEB, Role.POLICE_LINK),
    key=Key.SITE,
    family=Family.GATE,
    compacted=True,
)
SITE_MODES = Topic(
    name="site_modes",
    noun="site_mode",
    writer=Role.ADMINISTRATION,
    readers=(Role.ADMISSION, Role.ALARMING, Role.GATE, Role.RECORDER, Role.WEB),
    key=Key.SITE,
    family=Family.GATE,
    compacted=True,
)


def _dead_letters(writer: Role) -> Topic:
    return Topic(
        name=f"dead_letters_{writer}",
        noun="dead_letter",
        writer=writer,
        readers=(Role.RECORDER,) if writer is not Role.RECORDER else (),
        key=Key.SITE,
        retention_s=30 * DAY_S,
        dead_letters=False,
    )


DEAD_LETTERS: dict[Role, Topic] = {role: _dead_letters(role) for role in (Role.ADMISSION, Role.ALARMING, Role.RECORDER)}
"""A topic each, so that dead letters too have one writer. Pages and police link only count what they refuse:
alarming and recorder keep it.
"""

TOPICS: tuple[Topic, ...] = (
    CREDENTIAL_READS,
    ACCESS_DECISIONS,
    GATE_ACTS,
    PASSAGES,
    GATE_EVENTS,
    PANICS,
    PASS_USES,
    SIGNALS,
    SCREENINGS,
    RELEASES,
    ALARMS,
    ALARM_ACTIONS,
    DELIVERIES,
    CREDENTIALS,
    VISITOR_PASSES,
    GUARD_ANSWERS,
    SITE_POLICIES,
    SITE_MODES,
    *DEAD_LETTERS.values(),
)
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}

CHANGELOGS: dict[str, tuple[str, ...]] = {
    "admission-v1": ("presence", "answers", "refusals", "pass_uses", "occupancy"),
    "alarming-v1": ("alarms", "alarm_windows"),
}
"""The tables of each Faust app; table ``t`` of app ``a`` has the compacted changelog topic ``a-t-changelog`` with
the stream's partition count.
"""


def changelog_name(app: str, table: str) -> str:
    """Name the changelog topic of a table as Faust does."""
    return f"{app}-{table}-changelog"
