"""The files with which a school's processes begin: keys, the keyring, one settings file; and what those keys sign."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from schemas.catalogue import BY_SHAPE
from schemas.envelope import Event
from schemas.outgoing import Outgoing, outgoing
from schemas.topics import TOPICS, Placement, Role
from schemas.trust import Signer, service_source

PLACEMENT = Placement(stream_partitions=3, gate_partitions=6)


class SchoolFiles:
    """Keys for every service and for whoever else a story names, the same in every run."""

    def __init__(self, *names: str) -> None:
        self.seeds = {name: bytes([number]) * 32 for number, name in enumerate([*Role, *names], 1)}

    def signer(self, source: str) -> Signer:
        """Give the signer of a source with that source's own key."""
        return Signer(source, self.seeds[source.partition("/")[2]])

    def record(self, event: Event[Any], signer: Signer | None = None) -> Outgoing:
        """Give an event as the record that its source, or another signer, makes of it."""
        noun = BY_SHAPE[type(event.data)].noun
        topic = next(topic for topic in TOPICS if topic.noun == noun)
        return outgoing(signer or self.signer(event.source), topic, event, PLACEMENT)

    def write(self, folder: Path, bootstrap: str, prefix: str, sections: str) -> Path:
        """Write keys (``NAME.key``), the keyring, and a settings file with these sections; give the latter's path."""
        for name, seed in self.seeds.items():
            (folder / f"{name}.key").write_text(b64encode(seed).decode(), encoding="ascii")
        writers = {topic.writer for topic in TOPICS} - {Role.GATE}
        keyring = {role: [self.signer(service_source(role)).public_key] for role in writers}
        (folder / "keyring.json").write_text(json.dumps(keyring), encoding="utf-8")
        settings = folder / "qaqpa.toml"
        settings.write_text(
            f"""
[kafka]
bootstrap = "{bootstrap}"
topic_prefix = "{prefix}"
stream_partitions = {PLACEMENT.stream_partitions}
gate_partitions = {PLACEMENT.gate_partitions}
[trust]
keyring = "keyring.json"
{sections}""",
            encoding="utf-8",
        )
        return settings
