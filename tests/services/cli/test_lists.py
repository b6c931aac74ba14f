"""A school's own files of people: taken once, or not at all with the line that is wrong; no name on the terminal."""

from pathlib import Path

import pytest
from sqlmodel import Session, select

from services.store.database import Store
from services.store.lists.entries import ListEntryRow
from services.store.releases.entitled import EntitledPersonRow
from tests.services.cli.conftest import Qaqpa
from tests.services.cli.test_operator import refused

HEAD = "kind,name,name_2,pupil,basis,basis_on,until\n"
BAN = "ban,Ахметов Серік,Akhmetov Serik,,№ 14,2026-09-01,2036-01-01\n"
CUSTODY = "custody,Омаров Дамир,,p-1,сот шешімі 7,2026-09-01,2036-01-01\n"
PEOPLE = "pupil;name;relation;phone;tell\np-1;Сәрсен Айжан;mother;+7 701 123 45 67;yes\n"


@pytest.fixture
def seeded(school: Path, qaqpa: Qaqpa, kept: Store) -> Store:
    """A school with one pupil."""
    assert qaqpa("seed", "seed.toml").returncode == 0
    assert school.exists()
    return kept


def take(school: Path, qaqpa: Qaqpa, text: str, command: str = "list") -> str:
    (school / "people.csv").write_text(text, encoding="utf-8")
    done = qaqpa(command, "import", "people.csv", "--site", "school-1")
    assert done.returncode == 0, done
    return done.stdout


def test_a_list_is_taken_once_and_shown_without_a_name(school: Path, qaqpa: Qaqpa, seeded: Store) -> None:
    assert "2 of 2 entered" in take(school, qaqpa, HEAD + BAN + CUSTODY)
    assert "0 of 2 entered" in take(school, qaqpa, HEAD + BAN + CUSTODY)
    rows = seeded.read_now(lambda session: session.exec(select(ListEntryRow)).all())
    assert sorted((row.kind, tuple(row.names), row.pupil) for row in rows) == [
        ("ban", ("Ахметов Серік", "Akhmetov Serik"), None),
        ("custody", ("Омаров Дамир",), "p-1"),
    ]
    shown = qaqpa("list", "show", "--site", "school-1").stdout
    assert "2 of 2 entries hold" in shown
    assert not any(secret in shown for secret in ("Ахметов", "Akhmetov", "Омаров", "№ 14", "p-1"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,basis\n", "people.csv:1: The columns are"),
        (HEAD + BAN + "ban,,,,1,2026-09-01,2036-01-01\n", "people.csv:3: Write the name."),
        (HEAD + BAN + CUSTODY.replace("p-1", "p-9"), "people.csv:3: Find the pupil"),
        (HEAD + BAN.replace("2036", "2099"), "people.csv:2: Write until which day"),
        (HEAD + BAN.replace("ban", "bann"), "people.csv:2: Choose the list."),
        (HEAD + BAN.replace("\n", ",more,more\n"), "more values than columns"),
        (HEAD.replace("pupil", "iin") + BAN.replace(",,", ",900101100014,"), "people.csv:2: an IIN is kept as a hash"),
    ],
)
def test_a_list_with_a_mistake_is_not_taken_at_all(
    school: Path, qaqpa: Qaqpa, seeded: Store, text: str, told: str
) -> None:
    (school / "people.csv").write_text(text, encoding="utf-8")
    assert told in refused(qaqpa, "list", "import", "people.csv", "--site", "school-1")
    assert seeded.read_now(lambda session: session.exec(select(ListEntryRow)).all()) == []


def test_who_may_take_pupils_is_taken_from_a_file(school: Path, qaqpa: Qaqpa, seeded: Store) -> None:
    for _ in range(2):
        assert "1 people entered or changed" in take(school, qaqpa, PEOPLE, "entitled")

    def ask(session: Session) -> EntitledPersonRow:
        return session.exec(select(EntitledPersonRow)).one()

    row = seeded.read_now(ask)
    assert (row.pupil, row.relation, row.phone, row.tell) == ("p-1", "mother", "+77011234567", True)
    (school / "people.csv").write_text(PEOPLE.replace("mother", "mum"), encoding="utf-8")
    assert "people.csv:2: In the column relation has to be one of" in refused(
        qaqpa, "entitled", "import", "people.csv", "--site", "school-1"
    )
