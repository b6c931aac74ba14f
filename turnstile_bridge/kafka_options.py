"""How a gate reaches the cluster, as keyword arguments for any client of kafka-python."""

import ssl
from typing import Any

from turnstile_bridge.settings import GateConfiguration

BOOTSTRAP_MS = 2000


def connection_options(configuration: GateConfiguration) -> dict[str, Any]:
    """Give what any client of this gate is opened with."""
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
    if kafka.sasl_mechanism is not None:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = configuration.kafka_password()
    if kafka.ssl_ca_file is not None:
        options["ssl_context"] = ssl.create_default_context(cafile=str(configuration.path(kafka.ssl_ca_file)))
    return options
