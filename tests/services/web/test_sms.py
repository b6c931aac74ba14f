"""SMS leave by a real gateway (Kannel): in Cyrillic, later when the gateway is away, never when it says never."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.ports import free_port
from services.i18n.words import Language, words_in
from services.web.messages.letter import Letter, NotCarried
from services.web.messages.sms_gateway import SmsGateway
from services.web.messages.wording import KINDS, SMS_UNITS, short
from tests.parts.authority import Authority
from tests.parts.kannel import PASSWORD, UNKNOWN, Kannel, running
from tests.parts.waiting import eventually_async
from tests.services.web.test_message_wording import LONGEST

PHONE, OTHER_PHONE = "+77011234567", "+77017654321"


def letter(text: str, to: str = PHONE, name: str = "code.d.1.school-1") -> Letter:
    return Letter(to=to, subject="", text=text, name=name)


def gateway(kannel: Kannel, password: str = PASSWORD, **changed: str) -> SmsGateway:
    return SmsGateway(kannel.settings(**changed), password, within_s=2.0)


async def refusal(carrier: SmsGateway, sent: Letter) -> NotCarried:
    with pytest.raises(NotCarried) as refused:
        await carrier.carry(sent)
    return refused.value


async def test_kazakh_arrives_as_it_was_written_under_the_name_of_the_message(kannel: Kannel) -> None:
    text = "Растау коды: 123456 & 100% «ұғым» + ә\nІңғайлы 😀"
    await gateway(kannel).carry(letter(text, to="+77011110001", name="code.kk.1.school-1"))
    await eventually_async(lambda: [sms.text for sms in kannel.got("+77011110001")] == [text])
    await eventually_async(lambda: kannel.names().count("code.kk.1.school-1") == 1)


@pytest.mark.parametrize("language", list(Language))
async def test_every_sms_comes_in_two_parts_at_most(kannel: Kannel, language: Language) -> None:
    words = words_in(language)
    texts = [short(words, (key,), dict(LONGEST)) for kind in KINDS if (key := f"sms.{kind}") in words]
    number = f"+7701222000{list(Language).index(language)}"
    for text in texts:
        await gateway(kannel).carry(letter(text, to=number))
    await eventually_async(lambda: len(kannel.got(number)) == len(texts))
    got = kannel.got(number)
    assert sorted(sms.text for sms in got) == sorted(texts)
    assert max(sms.parts for sms in got) <= 2


async def test_the_gateway_counts_parts_as_we_do(kannel: Kannel) -> None:
    for units in (70, 71, SMS_UNITS, SMS_UNITS + 1):
        await gateway(kannel).carry(letter("ә" * units, to="+77011110002"))
    await eventually_async(lambda: [sms.parts for sms in kannel.got("+77011110002")] == [1, 2, 2, 3])


@pytest.mark.parametrize("number", [UNKNOWN, "abc"])
async def test_a_number_that_nobody_knows_is_refused_for_ever(kannel: Kannel, number: str) -> None:
    refused = await refusal(gateway(kannel), letter("x", to=number))
    assert refused.for_ever
    assert number not in str(refused)


async def test_a_wrong_password_is_ours_to_mend(kannel: Kannel) -> None:
    refused = await refusal(gateway(kannel, password="wrong"), letter("x"))
    assert (str(refused), refused.for_ever) == ("sms_gateway_403", False)


async def test_what_the_gateway_queues_is_the_gateways(kannel: Kannel) -> None:
    kannel.stop_operator()
    await gateway(kannel).carry(letter("кейін", to="+77011110003"))
    assert kannel.got("+77011110003") == []
    kannel.start_operator()
    await eventually_async(lambda: len(kannel.got("+77011110003")) == 1)


async def test_a_gateway_that_is_away_is_tried_again(kannel: Kannel) -> None:
    kannel.stop_http()
    refused = await refusal(gateway(kannel), letter("x", to="+77011110004"))
    assert not refused.for_ever
    kannel.start_http()
    await gateway(kannel).carry(letter("x", to="+77011110004"))
    await eventually_async(lambda: len(kannel.got("+77011110004")) == 1)


@pytest.fixture
async def odd_server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers every connection with the one text of its list; nothing at all where that is empty."""
    port = free_port()
    answers = [b""]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not answers[0]:
            await reader.read()
        writer.write(answers[0])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    yield port, answers
    server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>Sign in</",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 202 Accep",
        b"\x16\x03\x01\x00rubbish",
    ],
    ids=["silence", "a page", "led elsewhere", "busy", "cut off", "rubbish"],
)
async def test_what_is_not_a_gateways_yes_is_tried_again(
    odd_server: tuple[int, list[bytes]], said: bytes, kannel: Kannel
) -> None:
    port, answers = odd_server
    answers[0] = said
    refused = await refusal(gateway(kannel, url=f"http://127.0.0.1:{port}/cgi-bin/sendsms"), letter("x"))
    assert not refused.for_ever


async def test_a_gateway_by_https_is_one_that_the_school_trusts(tmp_path: Path) -> None:
    theirs, others = Authority(tmp_path), Authority(tmp_path, "others")
    with running(theirs.certificate()) as kannel:
        for number, authority in ((PHONE, theirs), (OTHER_PHONE, others)):
            tls = ssl.create_default_context(cafile=authority.file)
            sending = SmsGateway(kannel.settings(), PASSWORD, tls, within_s=5)
            if authority is theirs:
                await sending.carry(letter("Растау коды: 123456", to=number))
            else:
                assert not (await refusal(sending, letter("x", to=number))).for_ever
        await eventually_async(lambda: [sms.to for sms in kannel.got()] == [PHONE])
        assert len(kannel.names()) == 1, "whoever is not trusted is told nothing"
