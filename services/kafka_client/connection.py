"""How every client connects: one translation of the settings into aiokafka's arguments, TLS and SASL included."""

import ssl
from typing import Any

from schemas.setting import WrongSetting
from schemas.topics import Topic
from services.settings import Configuration, KafkaSettings

RETRY_FIRST_S = 0.2
RETRY_LONGEST_S = 5.0


def kafka_options(configuration: Configuration) -> dict[str, Any]:
    """Give the keyword arguments with which any aiokafka client reaches the cluster; raises WrongSetting for files
    that cannot be read.
    """
    kafka = configuration.settings.kafka
    options: dict[str, Any] = {"bootstrap_servers": kafka.bootstrap, "security_protocol": kafka.security_protocol}
    if kafka.uses_tls:
        options["ssl_context"] = _ssl_context(configuration, kafka)
    if kafka.uses_sasl:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = configuration.password(
            "kafka.sasl_password_file", kafka.sasl_password_file or ""
        )
    return options


def topic_name(configuration: Configuration, topic: Topic | str) -> str:
    """Give the name under which a topic (or a changelog) lies on this cluster."""
    return configuration.settings.kafka.topic_prefix + (topic if isinstance(topic, str) else topic.name)


def group_name(configuration: Configuration, group: str) -> str:
    """Give the name of a consumer group or Faust app on this cluster."""
    return configuration.settings.kafka.topic_prefix + group


def _ssl_context(configuration: Configuration, kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(
            cafile=str(configuration.path(kafka.ssl_ca_file)) if kafka.ssl_ca_file else None
        )
    except OSError as error:
        message = f"setting kafka.ssl_ca_file: {kafka.ssl_ca_file}: {error.strerror}"
        raise WrongSetting(message) from error
