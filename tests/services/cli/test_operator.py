"""What an operator types, what comes of it, and what is said when it cannot be done."""

import json
import stat
from pathlib import Path

import msgspec
import pytest

from schemas.keyed_hash import credential_hash
from schemas.topics import Placement
from schemas.trust import Trust
from services.settings import Configuration, read_key
from services.store import outbox, people, users
from services.store.database import Store
from services.store.records import credentials, site_policies
from tests.services.cli.conftest import SEED, SETTINGS, Qaqpa

SITE = "school-1"


def refused(qaqpa: Qaqpa, *arguments: str, typed: str | None = None) -> str:
    """Give the one line with which a command was refused."""
    done = qaqpa(*arguments, typed=typed)
    assert done.returncode == 2, done
    assert done.stderr.startswith("qaqpa: "), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip().removeprefix("qaqpa: ")


def said(store: Store) -> list[tuple[str, int | None]]:
    """Give the topics and versions that wait in the outbox."""
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [(row.topic, msgspec.json.decode(row.data).get("version")) for row in rows]


def test_a_seed_enters_a_school_once_and_again_only_what_differs(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    first = qaqpa("seed", "seed.toml")
    assert "policy version 1 published, 1 people, 1 of 1 credentials and 1 of 1 users changed" in first.stdout, first
    assert (
        "policy as it was, 1 people, 0 of 1 credentials and 0 of 1 users changed" in qaqpa("seed", "seed.toml").stdout
    )
    assert said(kept) == [("site_policies", 1), ("credentials", 1)]
    policy = kept.read_now(lambda session: site_policies.current(session, SITE))
    assert policy is not None
    assert policy.categories["official"].windows[0].closes_min == 1440
    assert policy.gates["school-1-main"].public_keys == [(school / "keys/school-1-main.pub").read_text().strip()]
    (card,) = kept.read_now(lambda session: credentials.of_holder(session, SITE, "p-1"))
    assert card.credential == credential_hash(
        read_key("card_key", school / "keys/card.key"), 26, bytes.fromhex("2a5b7c40")
    )
    assert kept.read_now(lambda session: people.by_holders(session, SITE, ["p-1"]))["p-1"].name == "Айгүл Сәрсен"
    assert kept.read_now(lambda session: users.verified(session, "guard", "a good one")) is not None
    (school / "seed.toml").write_text(SEED.replace('closes = "20:00"', 'closes = "21:00"'), encoding="utf-8")
    assert (
        "policy version 2 published"
        in qaqpa("policy", "publish", "seed.toml").stdout + qaqpa("seed", "seed.toml").stdout
    )
    assert said(kept)[2:] == [("site_policies", 2)]


def test_a_card_is_revoked_stays_so_when_seeded_again_and_is_given_back_on_purpose(
    school: Path, qaqpa: Qaqpa, kept: Store
) -> None:
    qaqpa("seed", "seed.toml")
    assert "revoked" in qaqpa("credential", "revoke", "--site", SITE, "--holder", "p-1").stdout
    assert "revoked already" in qaqpa("credential", "revoke", "--site", SITE, "--holder", "p-1").stdout
    assert "and stays so" in qaqpa("seed", "seed.toml").stdout
    card = (
        "--card-key",
        "keys/card.key",
        "--bits",
        "26",
        "--data",
        "2a5b7c40",
        "--valid-until",
        "2027-06-01T00:00:00+05:00",
    )
    issue = ("credential", "issue", "--site", SITE, "--holder", "p-1", "--category", "pupil", *card)
    assert "was revoked at" in refused(qaqpa, *issue)
    assert "version 3 issued" in qaqpa(*issue, "--again").stdout
    assert said(kept) == [("site_policies", 1), ("credentials", 1), ("credentials", 2), ("credentials", 3)]
    assert (
        refused(qaqpa, "credential", "revoke", "--site", "school-2", "--holder", "p-1")
        == "site school-2: p-1 holds no credential"
    )
    assert refused(qaqpa, "credential", "revoke", "--site", SITE) == "name either --credential or --holder"
    assert school.exists()


def test_a_mode_is_set_and_a_lockdown_ended_by_two(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    assert "lockdown, version 1" in qaqpa("mode", "set", "--site", SITE, "lockdown").stdout
    assert refused(qaqpa, "mode", "set", "--site", SITE, "normal") == "lockdown is ended by two people"
    assert "normal, version 2" in qaqpa("mode", "set", "--site", SITE, "normal", "--with", "anna").stdout
    assert "evacuation (drill), version 3" in qaqpa("mode", "set", "--site", SITE, "evacuation", "--drill").stdout
    assert [topic for topic, _ in said(kept)] == ["site_modes"] * 3
    assert school.exists()


def test_a_password_is_typed_never_an_argument_and_never_shown(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    add = ("user", "add", "--site", SITE, "anna", "--name", "Анна", "--role", "duty_admin", "--language", "ru")
    done = qaqpa(*add, typed="correct horse\n")
    assert "user anna saved" in done.stdout
    assert "correct horse" not in done.stdout + done.stderr
    assert kept.read_now(lambda session: users.verified(session, "anna", "correct horse")) is not None
    assert "shorter than 8" in refused(qaqpa, *add, typed="short\n")
    assert "no language fr" in refused(qaqpa, *add[:-1], "fr", typed="correct horse\n")
    assert qaqpa("user", "disable", "--site", SITE, "anna").returncode == 0
    assert kept.read_now(lambda session: users.verified(session, "anna", "correct horse")) is None
    assert refused(qaqpa, "user", "disable", "--site", SITE, "nobody") == "site school-1 has no user nobody"
    assert school.exists()


def test_a_user_is_told_where_messages_can_go_and_nowhere_else(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    add = ("user", "add", "--site", SITE, "anna", "--name", "Анна", "--role", "duty_admin")
    told = refused(qaqpa, *add, "--phone", "87011234567", typed="correct horse\n")
    assert told == "the phone of anna is no telephone: write it as +77011234567"
    told = refused(qaqpa, *add, "--email", "anna", typed="correct horse\n")
    assert told == "the e-mail of anna is no e-mail address: write it as name@school.kz"
    right = ("--phone", "+77011234567", "--email", "anna@school.kz")
    assert "user anna saved" in qaqpa(*add, *right, typed="correct horse\n").stdout
    anna = kept.read_now(lambda session: users.of_site(session, SITE, "anna"))
    assert anna is not None
    assert (anna.phone, anna.email) == right[1::2]
    wrong = SEED.replace('post = "entrance"', 'phone = "8 701"')
    (school / "seed.toml").write_text(wrong, encoding="utf-8")
    assert refused(qaqpa, "seed", "seed.toml").endswith("the phone of guard is no telephone: write it as +77011234567")


def test_a_key_is_secret_never_overwritten_and_its_keyring_is_believed(school: Path, qaqpa: Qaqpa) -> None:
    path = school / "keys/administration.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert "is there already" in refused(qaqpa, "keys", "make", "administration", "--out", "keys")
    assert path.read_bytes() == before
    assert "small Latin letters" in refused(qaqpa, "keys", "make", "Main Gate", "--out", "keys")
    ring = json.loads((school / "keyring.json").read_text())
    assert set(ring) == {"administration", "admission", "alarming", "recorder", "police-link"}
    Trust(ring, Placement())
    successor = school / "keys/admission.2.pub"
    successor.write_text((school / "keys/card.pub").read_text())
    qaqpa("keys", "keyring", "keys", "--out", "keyring.json")
    assert len(json.loads((school / "keyring.json").read_text())["admission"]) == 2, (
        "both, while a key is being changed"
    )
    (school / "keys/recorder.pub").unlink()
    assert "no recorder.pub in keys: run `qaqpa keys make recorder --out keys`" in refused(
        qaqpa, "keys", "keyring", "keys", "--out", "x"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('site = "school-1"', 'site = "School 1"'), "site School 1: use small Latin letters"),
        (('card_key = "keys/card.key"', ""), "missing setting card_key"),
        (('card_key = "keys/card.key"', 'card_key = "gone"'), "setting card_key: cannot read a key from"),
        (('opens = "07:00"', 'opens = "25:00"'), "policy window: 25:00 is not a time of day"),
        (('opens = "07:00"', 'opens = "20:00"'), "must open before it closes"),
        (("weekdays = [1, 2, 3, 4, 5, 6]", "weekdays = [0]"), "weekdays are 1 (Monday) to 7"),
        (('data = "2a5b7c40"', 'data = "2a5b"'), "card 2a5b...: 26 bits are 4 bytes, data has 2"),
        (('data = "2a5b7c40"', 'data = "quark"'), "data is not hex"),
        (("2027-06-01T00:00:00+05:00", "2027-06-01T00:00:00"), "a moment without its offset"),
        (('category = "pupil"', 'category = "pupils"'), "pupils"),
        (('public_key_files = ["keys/school-1-main.pub"]', ""), "policy.gates.school-1-main: needs"),
        (
            ('public_key_files = ["keys/school-1-main.pub"]', 'public_keys = ["AAAA"]'),
            "gate school-1-main: a public key has 32 bytes",
        ),
        (
            ('password_file = "guard.password"', 'password_file = "gone"'),
            "user guard: password_file: gone: No such file",
        ),
        (("[[people]]", "[[peoples]]"), "unknown setting peoples: did you mean people?"),
        (('role = "guard"', 'role = "king"'), "king"),
        (("[policy]\n", "[policy"), "not TOML"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_in_a_seed_file_is_told_and_nothing_is_entered(
    school: Path, qaqpa: Qaqpa, kept: Store, change: tuple[str, str], told: str
) -> None:
    assert change[0] in SEED
    (school / "seed.toml").write_text(SEED.replace(*change), encoding="utf-8")
    assert told in refused(qaqpa, "seed", "seed.toml")
    assert said(kept) == []
    assert kept.read_now(lambda session: people.count(session, SITE)) == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            SETTINGS.replace('bootstrap = "127.0.0.1:1"', 'bootstraps = "127.0.0.1:1"'),
            "unknown setting kafka.bootstraps: did you mean kafka.bootstrap?",
        ),
        (SETTINGS.replace('keyring = "keyring.json"', ""), "missing setting trust.keyring"),
        (SETTINGS.replace("keyring.json", "gone.json"), "setting trust.keyring: gone.json: No such file"),
        (SETTINGS.replace("[recorder]", "[recorders]"), "unknown setting recorders: did you mean recorder?"),
        (SETTINGS[: SETTINGS.index("[recorder]")], "missing setting [recorder]"),
        (
            SETTINGS.replace("keys/recorder.key", "keys/gone.key"),
            "setting recorder.recorder_key: cannot read a key from",
        ),
        (SETTINGS.replace("sqlite:///qaqpa.db", "oracle://x"), "setting store.url: oracle is not supported"),
        (SETTINGS + "outbox_poll_ms = 'often'", "setting recorder.outbox_poll_ms"),
        (SETTINGS.replace("[trust]", "gate_partitions = 30\n[trust]"), "setting kafka.gate_partitions"),
        (SETTINGS.replace("qaqpa.db", "new.db"), "run `qaqpa store upgrade`"),
    ],
    ids=lambda value: value if not value.startswith("\n") else "",
)
def test_a_process_with_a_wrong_setting_names_it_and_exits_with_two(
    school: Path, qaqpa: Qaqpa, settings: str, told: str
) -> None:
    (school / "settings.toml").write_text(settings, encoding="utf-8")
    done = qaqpa("recorder")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_every_process_refuses_settings_that_are_not_there(qaqpa: Qaqpa) -> None:
    for process in ("admission", "alarming", "recorder", "web", "police-link"):
        done = qaqpa(process, "--settings", "gone.toml")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done
        assert "settings file gone.toml: No such file or directory" in done.stderr


def test_dead_letters_are_shown_to_the_operator(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    from schemas.topics import DEAD_LETTERS, Role  # noqa: PLC0415
    from services.store import recording  # noqa: PLC0415
    from tests.schemas.examples import event_of  # noqa: PLC0415

    assert "no dead letters" in qaqpa("dead-letters").stdout
    kept.write_now(lambda session: recording.record(session, [event_of(DEAD_LETTERS[Role.ADMISSION])]))
    shown = qaqpa("dead-letters", "--topic", "credential_reads").stdout
    assert all(word in shown for word in ("credential_reads", "90210", "malformed", "service/admission"))
    assert "no dead letters" in qaqpa("dead-letters", "--topic", "panics").stdout
    assert "no topic panic: use one of" in refused(qaqpa, "dead-letters", "--topic", "panic")
    assert school.exists()


def test_a_broker_that_does_not_answer_is_told(school: Path, qaqpa: Qaqpa) -> None:
    done = qaqpa("topics", "plan", "--within", "1")
    assert done.returncode == 2
    assert "qaqpa: the broker has not answered within 1 s" in done.stderr
    assert school.exists()


def test_settings_paths_are_relative_to_their_file(school: Path) -> None:
    configuration = Configuration.load(school / "settings.toml")
    assert configuration.path("keys/card.key") == (school / "keys/card.key").resolve()
