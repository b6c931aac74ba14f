"""What is committed works on everybody's machine: no registry's host, no path of one machine, no secret."""

import re

import pytest

from tests.repository.tree import ROOT, files

# Written in two parts each, so that this file does not name them either.
HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "repo1.maven" + ".org",
    "repo.maven" + ".apache.org",
    "registry.npmjs" + ".org",
    "deb.debian" + ".org",
    "crates" + ".io",
    "proxy.golang" + ".org",
)
PATHS = ("/" + "work/", "/" + "root/", "/" + "home/", "/" + "tmp/q", "/" + "opt/wheels", ".." + "/shared")
SECRETS = ("-----BEGIN " + r"[A-Z ]*PRIVATE KEY-----",)
BANNED = re.compile("|".join([*(re.escape(text) for text in (*HOSTS, *PATHS)), *SECRETS]))


def test_nothing_committed_names_a_registry_a_machine_or_a_secret() -> None:
    found = []
    for path in files():
        text = (ROOT / path).read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{path}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if BANNED.search(line)
        ]
    assert found == []


@pytest.mark.parametrize(
    "planted", [f"https://{HOSTS[0]}/simple", f"see {PATHS[0]}main/x", f"-----BEGIN {'PRIVATE'} KEY-----"]
)
def test_a_planted_one_is_seen(planted: str) -> None:
    assert BANNED.search(planted)


def test_nothing_big_is_committed() -> None:
    big = [str(path) for path in files() if (ROOT / path).stat().st_size > 1_000_000]
    assert big == []
