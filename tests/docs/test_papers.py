"""The papers are true where a machine can tell: topics, decisions, links, commands and settings that they name."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from schemas.topics import DAY_S, HOUR_S, TOPICS, Key, Topic
from services.cli.main import app
from services.settings import PoliceLinkSettings
from turnstile_bridge.cli import app as bridge_app

ROOT = Path(__file__).resolve().parents[2]
ADR = ROOT / "docs" / "adr"
DECISIONS = sorted(ADR.glob("[0-9]*.md"))
PAPERS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"))
    if "node_modules" not in path.parts
)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def shown(path: Path) -> str:
    """Give a paper's text as it is seen: without what stands in comments."""
    return re.sub(r"<!--.*?-->", "", text_of(path), flags=re.DOTALL)


def kept(topic: Topic) -> str:
    if topic.retention_s is None:
        return "the last of each key"
    days, hours = divmod(topic.retention_s, DAY_S)
    time = f"{days} days" if days > 1 else "1 day" if days else f"{hours // HOUR_S} hours"
    return f"the last of each key, {time}" if topic.compacted else time


def row(topic: Topic) -> str:
    key = "site" if topic.key is Key.SITE else "site and subject"
    cells = [
        f"`{topic.name}`",
        topic.noun.replace("_", " "),
        topic.writer,
        ", ".join(topic.readers) or "operators",
        key,
        topic.family,
    ]
    return f"| {' | '.join([*map(str, cells), kept(topic)])} |"


def test_the_table_of_topics_is_the_topics() -> None:
    found = re.search(
        r"<!-- topics:.*?-->\n\|.*?\n\|[-|]*\n(.*?)<!-- /topics -->",
        text_of(ROOT / "docs" / "architecture.md"),
        re.DOTALL,
    )
    assert found is not None
    wanted = "".join(f"{row(topic)}\n" for topic in TOPICS)
    assert found[1] == wanted, f"put this between the marks:\n{wanted}"


@pytest.mark.parametrize("paper", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_it_decides_and_what_follows(paper: Path) -> None:
    text = text_of(paper)
    number = paper.stem[:4]
    assert text.startswith(f"# {number}. ")
    assert re.search(
        r"^\*\*Status:\*\* (accepted|superseded by \[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\))$", text, re.MULTILINE
    )
    for heading in ("Context", "Decision", "Consequences"):
        assert f"\n## {heading}\n" in text, heading
    assert "**Held by:**" in text


def test_every_decision_is_listed_once_under_its_own_number() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| .+ \|$", text_of(ADR / "README.md"), re.MULTILINE)
    assert [file for _, file in listed] == [paper.name for paper in DECISIONS]
    assert [number for number, _ in listed] == [paper.name[:4] for paper in DECISIONS]
    assert len({number for number, _ in listed}) == len(listed)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)", shown(paper)):
        assert (paper.parent / target).exists(), f"{paper.name} points to {target}"


def commands_in(paper: Path) -> list[str]:
    """Give the lines of ours that somebody is told to type, in code blocks and between backticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text_of(paper), re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text_of(paper))
    typed = re.compile(r"(?:^|\.venv/bin/)(qaqpa(?:-bridge)? [a-z][^&|;)]*)")
    return [match[1].strip() for line in (*lines, *spans) for match in typed.finditer(line)]


def known(words: list[str]) -> bool:
    """Tell whether these words are a command of ours with options that it has; values are not looked at."""
    command: Any = typer.main.get_command(bridge_app if words[0] == "qaqpa-bridge" else app)
    rest = words[1:]
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return not rest or rest[0] == "--help"
        if rest[0] not in command.commands:
            return False
        command = command.commands[rest.pop(0)]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    return all(word.split("=")[0] in options for word in rest if word.startswith("--"))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_ours(paper: Path) -> None:
    for line in commands_in(paper):
        words = line.split()
        assert known(words), f"{paper.name}: {line}"


def test_the_look_at_commands_can_fail() -> None:
    assert known(["qaqpa", "topics", "apply", "--settings", "FILE"])
    assert not known(["qaqpa", "topics", "aply"])
    assert not known(["qaqpa", "topics", "apply", "--setings", "FILE"])
    assert len(commands_in(ROOT / "deploy" / "compose" / "README.md")) > 1


MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_are_there(paper: Path) -> None:
    for target in re.findall(r"(?:`|^)make ([a-z-]+)", text_of(paper), re.MULTILINE):
        assert target in MAKE_TARGETS, f"{paper.name}: make {target}"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_folders_that_are_named_are_there(paper: Path) -> None:
    rooms = r"(?:schemas|services|turnstile_bridge|deploy|tests|docs|bench|requirements)"
    for named in re.findall(rf"`({rooms}/[\w./-]*)`", text_of(paper)):
        assert (ROOT / named).exists() or list(ROOT.glob(f"{named}*")), f"{paper.name} names {named}"


RUNBOOKS = sorted((ROOT / "deploy" / "runbooks").glob("*.md"))
SOURCES = "".join(
    text_of(path) for room in ("schemas", "services", "turnstile_bridge") for path in (ROOT / room).rglob("*.py")
)


@pytest.mark.parametrize("paper", RUNBOOKS, ids=lambda path: path.stem)
def test_runbooks_name_what_processes_say(paper: Path) -> None:
    for name in set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text_of(paper))):
        assert re.search(rf"\b{name}\b", SOURCES), f"{paper.name}: nothing says {name}"


@pytest.mark.parametrize("paper", [path for path in RUNBOOKS if path.stem != "README"], ids=lambda path: path.stem)
def test_a_runbook_has_a_beginning_a_way_and_an_end(paper: Path) -> None:
    headings = re.findall(r"^## (.+)$", text_of(paper), re.MULTILINE)
    assert headings == ["What one sees", "What to do", "It is over when"]
    assert f"({paper.name})" in text_of(ROOT / "deploy" / "runbooks" / "README.md")


@pytest.mark.parametrize("setting", sorted(set(re.findall(r"`(police_link\.\w+)`", "".join(map(text_of, PAPERS))))))
def test_settings_that_are_named_are_settings(setting: str) -> None:
    assert setting.split(".")[1] in {field.name for field in msgspec.structs.fields(PoliceLinkSettings)}
