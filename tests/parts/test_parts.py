"""The real parts do what their names say; every other test stands on them."""

import urllib.request

import psycopg
import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text

from deploy.kafka.broker import KafkaUnavailableError, LocalKafka
from deploy.kafka.probe import answers
from tests.parts.waiting import eventually


def topics_of(broker: LocalKafka) -> list[str]:
    """Return the names of the broker's topics."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        return list(admin.list_topics())
    finally:
        admin.close()


def make_topic(broker: LocalKafka, name: str) -> None:
    """Make a topic of one partition."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name, 1, 1)])
    admin.close()


def test_the_broker_makes_the_topics_it_is_asked_for_and_no_other(kafka: LocalKafka, topic_prefix: str) -> None:
    make_topic(kafka, f"{topic_prefix}reads")
    eventually(lambda: f"{topic_prefix}reads" in topics_of(kafka))
    assert f"{topic_prefix}raeds" not in topics_of(kafka)


def test_a_killed_broker_keeps_its_port_and_its_topics(broker_of_its_own: LocalKafka) -> None:
    make_topic(broker_of_its_own, "reads")
    port = broker_of_its_own.port
    broker_of_its_own.kill()
    assert broker_of_its_own.pid is None
    assert not answers(port, timeout_s=0.2)
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    assert broker_of_its_own.port == port
    assert "reads" in topics_of(broker_of_its_own)


def test_a_paused_broker_answers_nobody_until_it_is_resumed(broker_of_its_own: LocalKafka) -> None:
    broker_of_its_own.pause()
    assert not answers(broker_of_its_own.port, timeout_s=0.3)
    broker_of_its_own.resume()
    broker_of_its_own.wait_ready()


def test_a_taken_port_is_named_and_nothing_is_started(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> None:
    second = LocalKafka(kafka.jars, tmp_path_factory.mktemp("second"), port=kafka.port)
    with pytest.raises(KafkaUnavailableError, match=f"port {kafka.port} is in use"):
        second.start()
    assert second.pid is None


def test_each_test_gets_an_empty_database(postgres_database: str) -> None:
    engine = create_engine(postgres_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE reads (id int)"))
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 1
    engine.dispose()


def test_the_server_listens_on_no_network(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_browser_shows_kazakh_letters(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p>Қақпа ашық</p>")
    assert page.inner_text("p") == "Қақпа ашық"
    page.close()


def test_a_free_port_is_free(free_port: int) -> None:
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{free_port}", timeout=1)
