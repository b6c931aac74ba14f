"""The table of topics: one writer each, every reader of a topic can refuse what it finds there, and keys that
compaction can live with.
"""

import itertools

import pytest

from schemas.ids import EventId, alarm_id, decision_id, grant_id, is_slug, panic_alarm_id
from schemas.keyed_hash import credential_hash
from schemas.outgoing import record_key
from schemas.topics import BY_NAME, CHANGELOGS, DEAD_LETTERS, TOPICS, Family, Key, Role, changelog_name
from tests.schemas.examples import event_of


def test_a_topic_has_one_writer_and_a_noun_one_writer_but_dead_letters() -> None:
    assert len(BY_NAME) == len(TOPICS)
    ordinary = [topic for topic in TOPICS if topic.noun != "dead_letter"]
    assert len({topic.noun for topic in ordinary}) == len(ordinary)
    for topic in TOPICS:
        assert topic.writer not in topic.readers or topic.writer is Role.ADMISSION, topic.name


def test_the_recorder_reads_everything_but_its_own_dead_letters() -> None:
    assert {topic.name for topic in TOPICS if Role.RECORDER not in topic.readers} == {"dead_letters_recorder"}


def test_whoever_writes_dead_letters_has_a_topic_of_its_own_for_them() -> None:
    assert (
        {topic.writer for topic in DEAD_LETTERS.values()}
        == set(DEAD_LETTERS)
        == {Role.ADMISSION, Role.ALARMING, Role.RECORDER}
    )
    assert not any(topic.dead_letters for topic in DEAD_LETTERS.values()), (
        "a dead letter about a dead letter would never end"
    )


def test_alarming_reads_little_so_that_no_backlog_reaches_it() -> None:
    read = {topic.name for topic in TOPICS if Role.ALARMING in topic.readers}
    assert read.isdisjoint({"credential_reads", "access_decisions", "gate_acts", "passages"})


def test_what_a_gate_follows_lies_in_the_gates_partitions() -> None:
    assert {topic.name for topic in TOPICS if Role.GATE in topic.readers} == {
        topic.name for topic in TOPICS if topic.family is Family.GATE
    }


def test_facts_are_kept_for_ever_and_the_rest_is_not() -> None:
    assert {topic.name for topic in TOPICS if topic.retention_s is None} == {
        "credentials",
        "visitor_passes",
        "site_policies",
        "site_modes",
    }
    assert all(topic.compacted for topic in TOPICS if topic.retention_s is None)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_key_begins_with_the_site_and_names_the_subject_where_each_is_kept(topic) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    key = record_key(topic, event_of(topic)).decode()
    assert key.partition("/")[0] == "school-1"
    assert ("/" in key) is (topic.key is Key.SUBJECT)


def test_changelogs_are_named_as_faust_names_them() -> None:
    assert [changelog_name(app, table) for app, tables in CHANGELOGS.items() for table in tables][:2] == [
        "admission-v1-presence-changelog",
        "admission-v1-answers-changelog",
    ]


def test_an_event_id_is_read_as_it_was_written() -> None:
    assert str(EventId.parse("school-1-main:12:4711")) == "school-1-main:12:4711"
    assert EventId.parse("a:2:1") > EventId.parse("a:1:9")
    for wrong in ("", "a", "a:1", "A:1:2", "a:b:2", "a:1:-2", "a:1:2:3", "a b:1:2", "a:١:2"):
        with pytest.raises(ValueError, match="not an event id"):
            EventId.parse(wrong)


def test_names_are_small_letters_digits_and_hyphens() -> None:
    assert all(map(is_slug, ("a", "school-1", "0", "x" * 63)))
    assert not any(map(is_slug, ("", "-a", "A", "школа", "a_b", "a/b", "a b", "x" * 64, "a\n")))


def test_derived_ids_tell_apart_what_differs_and_nothing_else() -> None:
    assert decision_id("g:1:2") != grant_id("g:1:2")
    parts = [("panic", "forced"), ("school-1", "school-2"), ("a", "b"), ("w1", "w2")]
    assert len({alarm_id(*choice) for choice in itertools.product(*parts)}) == 16
    assert panic_alarm_id("s", "b", "e") == alarm_id("panic", "s", "b", "e") == alarm_id("panic", "s", "b", "e")


def test_one_card_number_in_26_and_in_37_bits_is_two_cards_and_another_site_does_not_know_either() -> None:
    hashes = {credential_hash(key, bits, b"\x12\x34\x56\x78") for key in (b"k" * 32, b"l" * 32) for bits in (26, 37)}
    assert len(hashes) == 4
    assert all(len(text) == 32 and set(text) <= set("0123456789abcdef") for text in hashes)
