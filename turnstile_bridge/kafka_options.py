"""How a gate reaches the cluster, as keyword arguments for any client of kafka-python."""

import ssl
from typing import Any

from schemas.setting import WrongSetting
from turnstile_bridge.settings import GateConfiguration

BOOTSTRAP_MS = 2000


def connection_options(configuration: GateConfiguration) -> dict[str, Any]:
    """Give what any client of this gate is opened with; raises WrongSetting for files that cannot be read."""
    kafka = configuration.settings.kafka
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap.split(","),
        "client_id": f"bridge-{configuration.settings.gate}",
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1000,
        "metrics_enabled": False,
        "allow_auto_create_topics": False,
    }
    if kafka.uses_sasl:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = configuration.kafka_password()
    if kafka.uses_tls:
        options["ssl_context"] = _ssl_context(configuration)
    return options


def _ssl_context(configuration: GateConfiguration) -> ssl.SSLContext:
    file = configuration.settings.kafka.ssl_ca_file
    try:
        return ssl.create_default_context(cafile=str(configuration.path(file)) if file else None)
    except OSError as error:
        message = f"setting kafka.ssl_ca_file: {file}: {error.strerror}"
        raise WrongSetting(message) from error
