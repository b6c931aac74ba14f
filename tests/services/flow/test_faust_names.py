"""The names of Faust and aiokafka that this room rests on and that nobody has promised to keep: a test fails when one
moves.
"""

import inspect
from pathlib import Path

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from faust.stores.rocksdb import Store
from faust.streams import Stream
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.consumer import Fetcher
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types.tuples import Message

from schemas.topics import CHANGELOGS, changelog_name
from services.flow.app import make_app, make_tables
from services.flow.batch_table import BatchTable
from services.flow.consumer import FETCH_WAIT_MS, PromptConsumer, PromptThread
from services.settings import Configuration, KafkaSettings, Settings, TrustSettings


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    kafka = KafkaSettings(
        bootstrap="127.0.0.1:9,127.0.0.2:9", topic_prefix="t-", stream_partitions=2, gate_partitions=4
    )
    return Configuration(Settings(kafka=kafka, trust=TrustSettings(keyring="none")), tmp_path)


@pytest.fixture
def app(configuration: Configuration, tmp_path: Path) -> faust.App:
    return make_app(configuration, "admission-v1", tmp_path)


def test_changelogs_have_the_names_that_topics_apply_gives_them(app: faust.App) -> None:
    tables = make_tables(app, CHANGELOGS["admission-v1"], 2)
    assert {table.changelog_topic_name for table in tables.values()} == {
        changelog_name("t-admission-v1", name) for name in CHANGELOGS["admission-v1"]
    }
    assert all(type(table) is BatchTable for table in tables.values())


def test_the_store_keeps_a_file_for_each_partition_with_the_changelogs_offset_in_it() -> None:
    assert {"_db_for_partition", "_open_for_partition", "partition_path", "offset_key", "persisted_offset"} <= set(
        dir(Store)
    )
    assert "_dbs" in inspect.getsource(Store.__init__)
    assert "int(offset)" in inspect.getsource(Store.persisted_offset), "offsets are kept as decimal text"


def test_the_consumer_is_ours_and_fetches_without_long_waits(app: faust.App) -> None:
    assert app.transport.Consumer is PromptConsumer
    assert "self.Consumer(" in inspect.getsource(Transport.create_consumer)
    assert PromptConsumer._new_consumer_thread is not Consumer._new_consumer_thread
    assert PromptThread._create_worker_consumer is not AIOKafkaConsumerThread._create_worker_consumer
    assert "_create_worker_consumer(" in inspect.getsource(AIOKafkaConsumerThread._create_consumer)
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in inspect.getsource(AIOKafkaConsumer.start)
    assert FETCH_WAIT_MS < 1500


@pytest.mark.parametrize("step", [Recovery.on_recovery_completed, Recovery._resume_streams])
def test_after_a_recovery_partitions_are_resumed_and_then_sought(step: object) -> None:
    source = inspect.getsource(step)  # type: ignore[arg-type]
    steps = ["resume_partitions(", "perform_seek()", "flow_control.resume()", "consumer.resume_flow()"]
    places = [source.index(name) for name in steps]
    assert places == sorted(places), "PromptConsumer holds partitions back from the first of these to the last"


def test_what_the_consumer_overrides_is_still_there() -> None:
    own = ("resume_partitions", "pause_partitions", "perform_seek", "_drain_messages", "_set_active_tps")
    called = ("_is_changelog_tp", "assignment", "_getmany", "_seek", "earliest_offsets", "_to_message", "_add_gap")
    for name in (*own, *called, "_get_active_partitions"):
        assert callable(getattr(Consumer, name))
    made = inspect.getsource(BaseConsumer.__init__) + inspect.getsource(BaseConsumer._reset_state)
    for name in (
        "_read_offset",
        "_buffered_partitions",
        "_paused_partitions",
        "can_resume_flow",
        "flow_active",
        "callback",
    ):
        assert f"self.{name}" in made
    assert "_drain_messages(self)" in inspect.getsource(Fetcher)


def test_a_stream_can_be_read_event_by_event_without_acknowledging() -> None:
    assert "enable_acks" in inspect.getsource(Stream.__init__)
    assert inspect.isasyncgenfunction(Stream.events)
    assert "self.enable_acks" in inspect.getsource(Stream._c_aiter)


def test_messages_and_app_tell_their_generation(app: faust.App) -> None:
    assert "generation_id" in Message.__slots__
    assert isinstance(app.consumer_generation_id, int)


def test_the_app_can_be_started_crashed_and_waited_for_without_fausts_worker(app: faust.App) -> None:
    for name in ("start", "stop", "crash", "wait_until_stopped"):
        assert inspect.iscoroutinefunction(getattr(app, name))
    assert app.crash_reason is None
    assert hasattr(app.on_partitions_assigned, "connect")


def test_the_measured_settings_are_the_ones_in_use(app: faust.App) -> None:
    conf = app.conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader, conf.stream_wait_empty) == (
        False,
        False,
        True,
        False,
    )
    assert (conf.broker_commit_interval, conf.broker_session_timeout, conf.broker_request_timeout) == (0.5, 6.0, 30.0)
    assert [str(server) for server in conf.broker] == ["kafka://127.0.0.1:9", "kafka://127.0.0.2:9"]
    assert conf.processing_guarantee.value == "at_least_once"
