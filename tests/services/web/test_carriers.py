"""Who carries messages is what the settings say, and what is missing there is named before anything is started."""

from pathlib import Path

import pytest

from schemas.setting import WrongSetting
from services.settings import Configuration
from services.web.messages.carriers import Carriers
from services.web.messages.letter import Letter, NotCarried
from services.web.shared.outside import Visits
from tests.parts.authority import Authority

FIRST = """[kafka]
bootstrap = "127.0.0.1:1"
[trust]
keyring = "keyring.json"
"""
MAIL = """[mail]
host = "mail.school.kz"
sender = "qaqpa@school.kz"
"""
SMS = """[sms]
url = "https://sms.city.kz/cgi-bin/sendsms"
username = "school"
password_file = "sms.password"
sender = "SCHOOL"
"""
VISITS = """[visits]
key = "visits.key"
pass_keys = "passes"
public_url = "https://school.kz"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the settings lie, with their secrets."""
    (tmp_path / "sms.password").write_text("secret\n", encoding="utf-8")
    (tmp_path / "visits.key").write_text("A" * 43 + "=", encoding="ascii")
    return tmp_path


def configured(folder: Path, *sections: str) -> Configuration:
    file = folder / "qaqpa.toml"
    file.write_text(FIRST + "".join(sections), encoding="utf-8")
    return Configuration.load(file)


def wrong(folder: Path, *sections: str) -> str:
    with pytest.raises(WrongSetting) as refused:
        Carriers.of(configured(folder, *sections))
    return str(refused.value)


@pytest.mark.parametrize(
    ("sections", "mail", "sms"),
    [((), False, False), ((MAIL,), True, False), ((SMS,), False, True), ((MAIL, SMS, VISITS), True, True)],
)
def test_there_is_a_carrier_for_each_section(folder: Path, sections: tuple[str, ...], *, mail: bool, sms: bool) -> None:
    carriers = Carriers.of(configured(folder, *sections))
    assert (carriers.mail is not None, carriers.sms is not None, carriers.any) == (mail, sms, mail or sms)


def test_visits_need_a_mail_server_and_a_telephone_is_a_contact_where_there_is_a_gateway(folder: Path) -> None:
    assert wrong(folder, VISITS) == "missing setting [mail]"
    without, with_sms = (Visits.of(configured(folder, VISITS, MAIL, more)) for more in ("", SMS))
    assert without is not None
    assert with_sms is not None
    assert (without.texting, with_sms.texting) == (False, True)


def test_what_is_wrong_is_named_and_no_secret_is_told(folder: Path) -> None:
    assert wrong(folder, SMS.replace("sms.password", "no.password")).startswith(
        "setting sms.password_file: no.password"
    )
    assert "sms" in wrong(folder, SMS.replace('username = "school"\n', ""))
    assert wrong(folder, SMS, 'ca_file = "none.pem"\n').startswith("setting sms.ca_file: none.pem: No such file")
    assert wrong(folder, MAIL, 'ca_file = "sms.password"\n').startswith("setting mail.ca_file: sms.password: ")
    assert "secret" not in wrong(folder, MAIL, 'ca_file = "sms.password"\n')
    trusted = Authority(folder).file.name
    assert Carriers.of(configured(folder, SMS, f'ca_file = "{trusted}"\n')).sms is not None


@pytest.mark.parametrize(("to", "cause"), [("+77011234567", "no_sms_settings"), ("a@b.kz", "no_mail_settings")])
async def test_a_letter_without_its_carrier_waits_for_the_settings(folder: Path, to: str, cause: str) -> None:
    with pytest.raises(NotCarried, match=cause) as refused:
        await Carriers.of(configured(folder)).carry(Letter(to, "", "x", "n"))
    assert not refused.value.for_ever
