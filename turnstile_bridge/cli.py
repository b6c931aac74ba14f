"""The commands of a gate PC: ``qaqpa-bridge run | check | journal``."""

import fcntl
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.setting import EXIT_STATUS, WrongSetting
from turnstile_bridge import log as logs
from turnstile_bridge.bridge import Bridge, serve
from turnstile_bridge.drivers.serial_port import port_trouble
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.journal import look
from turnstile_bridge.settings import GateConfiguration
from turnstile_bridge.uplink import broker_answers

app = typer.Typer(
    help="The turnstile bridge: one process for one gate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
SettingsFile = Annotated[Path, typer.Option("--settings", help="the gate's settings file (TOML)")]


@app.command()
def run(settings: SettingsFile) -> None:
    """Serve the gate until SIGTERM or Ctrl-C."""
    logs.begin()
    try:
        configuration = GateConfiguration.load(settings)
        lock = _only_one(configuration)
        serve(configuration, _stop_on_signals)
    except WrongSetting as wrong:
        logs.log("wrong_setting", 40, detail=str(wrong))
        raise typer.Exit(EXIT_STATUS) from wrong
    os.close(lock)


@app.command()
def check(settings: SettingsFile) -> None:
    """Say what is configured, and whether port, keys and broker answer."""
    console = Console()
    try:
        configuration = GateConfiguration.load(settings)
    except WrongSetting as wrong:
        console.print(f"[red]wrong[/] {wrong}")
        raise typer.Exit(EXIT_STATUS) from wrong
    said = configuration.settings
    readers = ", ".join(reader.name for reader in said.osdp.readers)
    console.print(f"gate [bold]{said.gate}[/] of site [bold]{said.site}[/]; readers {readers} on {configuration.port}")
    scanners = {
        f"scanner {one.name}": port_trouble(str(configuration.path(one.port)), one.baud) for one in said.scanners
    }
    found = {
        "keys": _keys(configuration),
        "port": port_trouble(configuration.port, configuration.settings.osdp.baud),
        **scanners,
        "broker": broker_answers(configuration),
    }
    table = Table("part", "state")
    for part, wrong_with_it in found.items():
        table.add_row(part, f"[red]{wrong_with_it}[/]" if wrong_with_it else "[green]answers[/]")
    console.print(table)
    if any(found.values()):
        raise typer.Exit(1)


@app.command()
def journal(settings: SettingsFile) -> None:
    """Tell what waits to be sent, and what was refused."""
    console = Console()
    try:
        configuration = GateConfiguration.load(settings)
    except WrongSetting as wrong:
        console.print(f"[red]wrong[/] {wrong}")
        raise typer.Exit(EXIT_STATUS) from wrong
    waiting = Table("topic", "waiting", "bytes", title="not yet with the stream")
    path = configuration.data_dir / "journal.sqlite"
    for topic, (rows, size) in (look(path) if path.exists() else {}).items():
        waiting.add_row(topic, str(rows), str(size))
    console.print(waiting)
    refused = Table("topic", "reason", "records", title="refused, never acted on")
    facts = FactsOnDisk(configuration.data_dir / "facts.sqlite", configuration.settings.site)
    for topic, reason, count in facts.refused():
        refused.add_row(topic, reason, str(count))
    facts.close()
    console.print(refused)


def _stop_on_signals(bridge: Bridge) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bridge.stop())


def _only_one(configuration: GateConfiguration) -> int:
    path = configuration.data_dir / "lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        gate = configuration.settings.gate
        message = f"setting data_dir: another bridge serves gate {gate} from {path.parent}; stop it first"
        raise WrongSetting(message) from error
    return lock


def _keys(configuration: GateConfiguration) -> str | None:
    try:
        configuration.signer()
        configuration.card_key()
        configuration.scbk()
        configuration.trust()
    except WrongSetting as wrong:
        return str(wrong)
    return None


if __name__ == "__main__":
    app()
