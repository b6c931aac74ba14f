"""``docker-compose.yml`` is what the Compose specification takes, says no secret, and names only what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from schemas.setting import WrongSetting
from services.cli.main import app
from services.settings import Configuration, PoliceLinkSettings, VisitSettings, WebSettings
from turnstile_bridge.cli import app as bridge_app
from turnstile_bridge.settings import GateConfiguration

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
FOLDER = ROOT / "deploy" / "compose"
ENDS_BY_ITSELF = {"topics", "tables"}
PROCESSES = {"admission", "alarming", "recorder", "web", "police-link", "bridge"}
COMMANDS = {"services.cli": app, "turnstile_bridge.cli": bridge_app}


def compose(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Give Docker's own Compose program a file to check, without any daemon."""
    file = folder / "docker-compose.yml"
    file.write_text(text, encoding="utf-8")
    program = str(Path(sys.executable).parent / "docker-compose")
    command = [
        program,
        "--project-directory",
        str(ROOT),
        "--profile",
        "*",
        "--file",
        str(file),
        "config",
        "--format",
        "json",
    ]
    environment = {**os.environ, "QAQPA_CLUSTER_ID": "x", "QAQPA_SECRETS": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)


@pytest.fixture(scope="module")
def written() -> str:
    return COMPOSE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def resolved(written: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the file as Compose understands it: anchors merged, variables put in."""
    checked = compose(tmp_path_factory.mktemp("compose"), written)
    assert checked.returncode == 0, checked.stderr
    read: dict[str, Any] = yaml.safe_load(checked.stdout)
    return read


def test_compose_takes_it(resolved: dict[str, Any]) -> None:
    assert set(resolved["services"]) == PROCESSES | ENDS_BY_ITSELF | {"kafka", "postgres"}


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("healthcheck:", "healthchek:"),
        ("service_healthy", "service_healty"),
        ("networks: [stream]", "networks: [steam]"),
    ],
)
def test_compose_would_refuse_a_slip(said: str, instead: str, written: str, tmp_path: Path) -> None:
    assert compose(tmp_path, written.replace(said, instead)).returncode != 0


def test_whatever_serves_says_whether_it_does(resolved: dict[str, Any]) -> None:
    for name, service in resolved["services"].items():
        if name in ENDS_BY_ITSELF:
            assert service["restart"] == "no"
        else:
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["restart"] == "unless-stopped", name


def test_nothing_runs_with_more_than_it_needs(resolved: dict[str, Any]) -> None:
    for name, service in resolved["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] not in {"", "root", "0", "0:0"}, name
        assert service.get("read_only", False) or name == "kafka", name
        assert not service.get("privileged"), name


def test_only_the_pages_are_published_and_only_to_this_machine(resolved: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in resolved["services"].items() if service.get("ports")}
    assert list(published) == ["web"]
    assert {port["host_ip"] for port in published["web"]} == {"127.0.0.1"}


def test_a_process_gets_its_own_secrets_only(resolved: dict[str, Any]) -> None:
    held = {
        name: {secret["source"] for secret in service.get("secrets", [])}
        for name, service in resolved["services"].items()
    }
    assert held["admission"] == {"admission_key"}
    assert held["police-link"] == {"police_link_key"}
    assert [name for name, secrets in held.items() if "administration_key" in secrets] == ["recorder"]
    assert [name for name, secrets in held.items() if "visits_key" in secrets] == ["web"]
    assert set().union(*held.values()) == set(resolved["secrets"])


def test_no_secret_is_written_down(written: str, resolved: dict[str, Any]) -> None:
    for secret in resolved["secrets"].values():
        assert set(secret) == {"name", "file"}
    for name, service in resolved["services"].items():
        for variable in service.get("environment", {}):
            secret_like = re.search(r"PASSWORD|SECRET|TOKEN|KEY", variable)
            assert not secret_like or variable.endswith("_FILE"), f"{name}: {variable}"
    for file in (COMPOSE, *FOLDER.glob("*.toml")):
        assert not re.search(r"[A-Za-z0-9+/]{43}=", file.read_text(encoding="utf-8")), f"{file.name} holds a key"
        assert not re.search(r"://[^\s/:@]+:[^\s@/]+@", file.read_text(encoding="utf-8")), (
            f"{file.name} holds a password"
        )


def test_every_command_is_one_of_ours_with_its_options(resolved: dict[str, Any]) -> None:
    ours = {name: service["command"] for name, service in resolved["services"].items() if service.get("command")}
    assert set(ours) == PROCESSES | ENDS_BY_ITSELF
    for name, (module, *arguments) in ours.items():
        command: Any = typer.main.get_command(COMMANDS[module])
        words = list(arguments)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        assert command.make_context(name, words).params["settings"] in {
            Path("/etc/qaqpa/qaqpa.toml"),
            Path("/etc/qaqpa/gate.toml"),
        }


def test_the_settings_files_are_ones_that_the_processes_take() -> None:
    configuration = Configuration.load(FOLDER / "qaqpa.toml")
    assert configuration.section("web", WebSettings).proxies()
    assert configuration.section("visits", VisitSettings).pass_keys.startswith("/var/lib/qaqpa/")
    assert configuration.section("police_link", PoliceLinkSettings).accounts == {}
    assert (
        GateConfiguration.load(FOLDER / "gate.toml").settings.kafka.bootstrap == configuration.settings.kafka.bootstrap
    )


def test_the_settings_name_secrets_that_are_mounted(resolved: dict[str, Any]) -> None:
    named = set(
        re.findall(r"/run/secrets/(\w+)", "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.toml")))
    )
    assert named == set(resolved["secrets"])


def test_a_misspelt_setting_would_be_named(tmp_path: Path) -> None:
    text = (FOLDER / "qaqpa.toml").read_text(encoding="utf-8")
    (tmp_path / "qaqpa.toml").write_text(text.replace("keyring =", "keyrin ="), encoding="utf-8")
    with pytest.raises(WrongSetting, match="keyrin"):
        Configuration.load(tmp_path / "qaqpa.toml")
