"""One broker, one store and one ``qaqpa web`` for the tests of a module; each test tells it new things."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from tests.pages.school import School


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, kafka: LocalKafka) -> Iterator[School]:
    """Give a founded school whose web process is up and live."""
    school = School(tmp_path_factory.mktemp("school"), kafka.bootstrap, f"t{secrets.token_hex(4)}-", free_port())
    try:
        school.found()
        school.publish(datetime.now(UTC))
        school.web.start_ready()
        school.await_live()
        yield school
    finally:
        school.close()
