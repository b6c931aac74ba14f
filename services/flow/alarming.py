"""The alarming app: presses, forced gates, findings, checks and people's actions in, alarms out. It reads little, so
no backlog of reads can reach it.
"""

from collections.abc import Mapping

from schemas.topics import ALARM_ACTIONS, GATE_EVENTS, PANICS, SCREENINGS, SIGNALS, Role
from services.flow import app
from services.flow.actions_to_alarms import actions_to_alarms
from services.flow.gate_events_to_alarms import gate_events_to_alarms
from services.flow.lossless import Hop
from services.flow.panics_to_alarms import panics_to_alarms
from services.flow.screenings_to_alarms import screenings_to_alarms
from services.flow.signals_to_alarms import signals_to_alarms
from services.settings import AlarmingSettings, Configuration

NAME = "alarming-v1"

HOPS: Mapping[str, Hop] = {
    PANICS.name: panics_to_alarms,
    GATE_EVENTS.name: gate_events_to_alarms,
    SIGNALS.name: signals_to_alarms,
    SCREENINGS.name: screenings_to_alarms,
    ALARM_ACTIONS.name: actions_to_alarms,
}


def run(configuration: Configuration) -> None:
    """Run one alarming worker until SIGTERM; raises WrongSetting for a setting that is missing or wrong."""
    settings = configuration.section("alarming", AlarmingSettings)
    signer = configuration.signer(Role.ALARMING, "alarming.signing_key", settings.signing_key)
    app.run(configuration, Role.ALARMING, NAME, settings.data_dir, signer, HOPS)
