"""The five processes of the data centre. Each imports only its own room, when it is started."""

import importlib
import logging

import typer

from services.cli.console import Refusal, SettingsFile
from services.cli.logging_setup import set_up_logging
from services.kafka_client.topics_admin import TopicsNotReady
from services.settings import Configuration

logger = logging.getLogger(__name__)


def _process(name: str, module: str, told: str) -> typer.Typer:
    """Make the command of a process: ``run`` of its module, with the settings."""
    app = typer.Typer(help=told)

    @app.command(name, help=told)
    def process(settings: SettingsFile) -> None:
        set_up_logging()
        configuration = Configuration.load(settings)
        logger.info("starting process=%s", name)
        try:
            importlib.import_module(module).run(configuration)
        except TopicsNotReady as error:
            raise Refusal(str(error)) from error
        logger.info("stopped process=%s", name)

    return app


admission = _process("admission", "services.flow.admission", "Judge credential reads (Faust worker).")
alarming = _process(
    "alarming", "services.flow.alarming", "Raise alarms and take people's actions on them (Faust worker)."
)
recorder = _process("recorder", "services.store.recorder", "Keep every record in the store, and send the outbox.")
web = _process("web", "services.web.app", "Serve the pages.")
police_link = _process("police-link", "services.police_link.process", "Hand alarms to the police receiver.")
