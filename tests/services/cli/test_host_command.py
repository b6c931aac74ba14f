"""``qaqpa host``: a list of hosts is entered whole or not at all, and a mistake in it is told with its line."""

from pathlib import Path

import pytest

from services.cli.console import Refusal
from services.cli.csv_file import content_of, lines_told
from services.store.database import Store
from services.store.visits import hosts
from services.web.administration.host_fields import hosts_in
from tests.services.cli.conftest import Qaqpa

SITE = "school-1"
LIST = "host;name;email;language\nt-1;Ахметова Гүлнар;g@example.kz;kk\nt-2;Сәбитов Ержан;e@example.kz;\n"


def names(store: Store) -> list[str]:
    return [row.host for row in store.read_now(lambda session: hosts.all_of(session, SITE))]


def test_a_list_is_imported_changed_and_thinned(school: Path, kept: Store, qaqpa: Qaqpa) -> None:
    file = school / "hosts.csv"
    file.write_text(f"\ufeff{LIST}", encoding="utf-8")
    said = [qaqpa("host", "import", str(file), "--site", SITE).stdout.strip() for _ in range(2)]
    assert said == [
        "school-1: 2 hosts in hosts.csv, 2 new or changed",
        "school-1: 2 hosts in hosts.csv, 0 new or changed",
    ]
    assert "t-1  Ахметова Гүлнар  g@example.kz" in qaqpa("host", "list", "--site", SITE).stdout
    assert qaqpa("host", "remove", "t-2", "--site", SITE).stdout.strip() == "school-1: host t-2 removed"
    again = qaqpa("host", "remove", "t-2", "--site", SITE)
    assert (again.returncode, "site school-1 has no host t-2" in again.stderr) == (2, True)
    assert names(kept) == ["t-1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("host,name\n", "hosts.csv:1: The columns are email, host, language, name; email, name have to be there"),
        ("", "hosts.csv:1: The columns are"),
        (LIST + "t-3;Ким;no-address;kk\n", "hosts.csv:4: Check the address"),
        (LIST + "t-3; ;k@example.kz;kk\n", "hosts.csv:4: Write the name"),
        (LIST + "t-1;Ким;k@example.kz;kk\n", "hosts.csv:4: This person is in line 2 too"),
        (LIST + ";Ким;k@example.kz;\n;КИМ;k@example.kz;\n", "hosts.csv:5: This person is in line 4 too"),
        (LIST + "Т 3;Ким;k@example.kz;kk\n", "hosts.csv:4: A reference has small Latin letters"),
        (LIST + "t-3;Ким;k@example.kz;de\n", "hosts.csv:4: In the column language has to be one of kk, ru, en"),
        (LIST + "t-3;Ким;k@example.kz;kk;5\n", "hosts.csv:4: The line has more values than columns"),
    ],
)
def test_a_wrong_line_is_told_and_nothing_is_read(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "hosts.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=told), lines_told(file):
        hosts_in(content_of(file))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("hosts.csv", "gone.csv"):
        with pytest.raises(Refusal, match="cannot be read"), lines_told(tmp_path / name):
            hosts_in(content_of(tmp_path / name))
