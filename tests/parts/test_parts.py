"""The real parts do what their names say; every other test stands on them."""

import urllib.request

import psycopg
import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text

from deploy.kafka.broker import LocalKafka
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
