"""The admission app: reads in, decisions out; acts and passages in, signals, pass uses and presence out."""

from collections.abc import Mapping

from schemas.topics import CREDENTIAL_READS, GATE_ACTS, PASSAGES, Role
from services.flow import app
from services.flow.acts_to_signals import acts_to_signals
from services.flow.lossless import Hop
from services.flow.passages_to_presence import passages_to_presence
from services.flow.reads_to_decisions import reads_to_decisions
from services.settings import AdmissionSettings, Configuration

NAME = "admission-v1"

HOPS: Mapping[str, Hop] = {
    CREDENTIAL_READS.name: reads_to_decisions,
    GATE_ACTS.name: acts_to_signals,
    PASSAGES.name: passages_to_presence,
}


def run(configuration: Configuration) -> None:
    """Run one admission worker until SIGTERM; raises WrongSetting for a setting that is missing or wrong."""
    settings = configuration.section("admission", AdmissionSettings)
    signer = configuration.signer(Role.ADMISSION, "admission.signing_key", settings.signing_key)
    app.run(configuration, Role.ADMISSION, NAME, settings.data_dir, signer, HOPS)
