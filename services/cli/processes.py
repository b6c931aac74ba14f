"""The five processes of the data centre. Each imports only its own room, when it is started."""

import importlib
import logging

from services.cli.console import SettingsFile
from services.cli.logging_setup import set_up_logging
from services.settings import Configuration

logger = logging.getLogger(__name__)


def admission(settings: SettingsFile) -> None:
    """Judge credential reads (Faust worker)."""
    _run("admission", "services.flow.admission", settings)


def alarming(settings: SettingsFile) -> None:
    """Raise alarms and take people's actions on them (Faust worker)."""
    _run("alarming", "services.flow.alarming", settings)


def recorder(settings: SettingsFile) -> None:
    """Keep every record in the store, and send the outbox."""
    _run("recorder", "services.store.recorder", settings)


def web(settings: SettingsFile) -> None:
    """Serve the pages."""
    _run("web", "services.web.app", settings)


def police_link(settings: SettingsFile) -> None:
    """Hand alarms to the police receiver."""
    _run("police-link", "services.police_link.process", settings)


def _run(name: str, module: str, settings: SettingsFile) -> None:
    set_up_logging()
    configuration = Configuration.load(settings)
    logger.info("starting process=%s", name)
    importlib.import_module(module).run(configuration)
    logger.info("stopped process=%s", name)
