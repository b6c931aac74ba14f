"""Whatever is typed into a field of the portal gets the sentence that says what to do, or is kept as it should be; what
was wrong leaves nothing behind.

``tests/vectors/visitor_input.json`` has the cases by question and field: ``typed``, and then either ``says`` (the key
of the sentence, with its ``values``; ``beside`` names another field when it is said there) or ``kept``. A text may be
made: ``repeat`` so many ``times``, ``joined``, and ``then`` more; a ``day`` is so many days from today, ``spoken_day``
as people write it; ``hashed`` is the keyed hash.
"""

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from services.i18n.words import Language, words_in
from services.store.database import Store
from services.store.visits.drafts import DraftRow
from services.web.app import make_app
from services.web.shared.outside import Visits
from services.web.visitor_portal import questions
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import HOME, TOKEN, all_visits, answer, answers_with_everything

FILE = Path(__file__).resolve().parents[2] / "vectors" / "visitor_input.json"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
OFFSET = timedelta(minutes=300)


def made(told: Any, at: datetime, visits: Visits) -> str:
    """Give the text that a vector means."""
    match told:
        case {"repeat": str(text), "times": int(times), **more}:
            return str(more.get("joined", "")).join([text] * times) + str(more.get("then", ""))
        case {"day": int(days)}:
            return (at + OFFSET + timedelta(days=days)).date().isoformat()
        case {"spoken_day": int(days)}:
            return f"{at + OFFSET + timedelta(days=days):%d.%m.%Y}"
        case {"hashed": str(number)}:
            return visits.seals.hashed("iin", SITE, number)
        case _:
            assert isinstance(told, str)
            return told


def test_every_field_of_every_question_has_its_bad_input() -> None:
    fields = {f"{question.name}.{field.name}" for question in questions.QUESTIONS for field in question.fields}
    assert {name.removeprefix("texting:") for name in VECTORS} == fields
    assert sum(len(cases) for cases in VECTORS.values()) >= 200


def drafts_of(store: Store) -> Sequence[DraftRow]:
    return store.read_now(lambda session: session.exec(select(DraftRow)).all())


async def arrive(visitor: Browser, step: str, at: datetime) -> dict[str, str]:
    """Answer everything before a question, and give what a right answer to it is."""
    for name, form in answers_with_everything(at, regularly=step == "days").items():
        if name == step:
            return form
        found = await answer(visitor, name, **form)
        assert found.status_code == 303, found.text
    raise KeyError(step)


@pytest.fixture
def texting(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    """The portal of a school that can send texts."""
    return make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=replace(visits, texting=True))


@pytest.mark.parametrize("name", VECTORS)
async def test_a_field_says_what_is_wrong_or_keeps_what_is_right(
    name: str, portal: FastAPI, texting: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    place = name.removeprefix("texting:")
    step, _, field = place.partition(".")
    async with client_of(texting if place != name else portal) as client:
        visitor = Browser(client)
        right = await arrive(visitor, step, clock.now)
        token = TOKEN.search((await visitor.get(f"{HOME}/ask/{step}")).text)
        assert token is not None
        for case in VECTORS[name]:
            before = [row.answers for row in drafts_of(store)]
            form = {**right, field: made(case["typed"], clock.now, visits), "csrf": token[1]}
            found = await client.post(f"{HOME}/ask/{step}", data=form)
            if "kept" in case:
                assert found.status_code in {303, 429}, (case, found.text)
                (row,) = drafts_of(store)
                assert row.answers[field] == made(case["kept"], clock.now, visits), case
                assert "iin" not in row.answers or "900101100014" not in row.answers["iin"]
            else:
                assert found.status_code == 422, case
                said = words_in(Language.KK).say(case["says"], **case.get("values", {}))
                assert html.escape(said, quote=False) in html.unescape(found.text).replace("&", "&amp;"), case
                assert _beside(found.text, case.get("beside", field)), case
                assert [row.answers for row in drafts_of(store)] == before, "nothing of it is kept"
            assert "<script>alert" not in found.text
    assert all_visits(store) == []


def _beside(page: str, field: str) -> bool:
    """Tell whether what is wrong is said in the block of a field."""
    blocks = page.split('class="field is-wrong"')[1:]
    return any(f'name="{field}"' in block.split("</div>")[0] + block.split("</fieldset>")[0] for block in blocks)
