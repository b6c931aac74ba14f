"""What nobody types by chance: schemathesis on every route of the app's own OpenAPI document, and every form of every
page filled with what is hostile, on both databases. Whatever comes, the answer is a page of ours.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from sqlalchemy.engine import make_url

from services.store.database import Store
from services.web.shared.headers import HEADERS
from tests.services.web.conftest import Clock, client_of
from tests.services.web.visit_school import TOKEN
from tests.services.web.whole_school import LEFT_ALONE, Form, Walked, WholeSchool, routes

MARK = "<x>"
HOSTILE = (
    f"{MARK}\"'&amp;{{{{7*7}}}}",
    "'; DROP TABLE visits; --",
    "\x00",
    "\u202e\u2066 \ufeff",
    "Ә" * 10_000,
    "9" * 400,
    "-1",
    "2099-12-31",
    "1e309",
    "../../etc/passwd",
    "\r\nset-cookie: a=b",
    "//evil.example",
    "😀",
    "",
)
EXAMPLES = 6
HUGE = (2**31, 2**63, 10**40, -(2**70))
MOST_BYTES = 1_000_000
KINDS = ("text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json")
FILES = ("text/javascript", "text/csv", "application/pdf", "application/vnd.", "image/")
DRESSED = {name for name, _ in HEADERS} | {"cache-control"}
PEOPLE = ("stranger", "sabit", "iman")
FORM = "application/x-www-form-urlencoded"


class Somebody(NamedTuple):
    """Who asks: their cookies, and the token that their forms carry."""

    cookie: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"cookie": self.cookie, "x-csrf-token": self.token}


class Ground(NamedTuple):
    """A school, what its people have walked, and themselves."""

    school: WholeSchool
    walked: dict[str, Walked]
    people: dict[str, Somebody]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A school in the middle of a day on each database."""
    folder = tmp_path_factory.mktemp("fuzzed")
    sqlite = f"sqlite:///{folder / 'qaqpa.db'}"
    store = Store(make_url(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")))
    yield asyncio.run(_laid(store, folder))
    store.close()


async def _laid(store: Store, folder: Path) -> Ground:
    school = WholeSchool(store, folder, Clock())
    await school.live()
    walked, people = {}, {}
    for name in PEOPLE:
        login = None if name == "stranger" else name
        walked[name] = await school.walk(login)
        async with client_of(school.app) as client:
            await school.browser(client, login)
            page = await client.get("/sign-in")
            token = TOKEN.search(page.text)
            assert token is not None
            cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
            people[name] = Somebody(cookie, token[1])
    return Ground(school, walked, people)


def faults(status: int, headers: Any, content: bytes) -> list[str]:
    """Tell what is wrong with an answer, whatever was asked."""
    kind, text = headers.get("content-type", ""), content.decode("utf-8", "replace")
    location = headers.get("location", "/")
    found = {
        f"status {status}": status >= 500,
        "a stack trace": "Traceback" in text or 'File "' in text,
        "what was typed, raw": MARK in text and kind.startswith("text/html"),
        f"content type {kind}": bool(content) and kind not in KINDS and not kind.startswith(FILES),
        "a header is missing": not {name for name, _ in HEADERS} | {"cache-control"}
        <= {name.lower() for name in headers},
        f"{len(content)} bytes": len(content) > MOST_BYTES,
        f"led to {location}": not location.startswith("/") or location.startswith("//"),
        "a cookie of a robot": "a=b" in str(headers),
    }
    if kind == "application/json":
        json.loads(text)
    return [what for what, is_so in found.items() if is_so]


def test_what_is_wrong_with_an_answer_is_noticed() -> None:
    good = {**dict(HEADERS), "cache-control": "no-store", "content-type": KINDS[0]}
    assert faults(200, good, b"<p>&lt;x&gt;</p>") == []
    for status, headers, content in (
        (500, good, b""),
        (200, good, b'Traceback: File "x.py"'),
        (200, good, MARK.encode()),
        (200, {**good, "content-type": "text/html"}, b"x"),
        (200, {name: value for name, value in good.items() if name != "x-frame-options"}, b""),
        (200, good, b"x" * (MOST_BYTES + 1)),
        (303, {**good, "location": "//evil.example"}, b""),
        (303, {**good, "set-cookie": "a=b"}, b""),
    ):
        assert faults(status, headers, content)


def described(ground: Ground, who: str) -> dict[str, Any]:
    """Give the app's OpenAPI document, with what its pages know: values that stand in addresses, fields of forms."""
    document: dict[str, Any] = json.loads(json.dumps(ground.school.app.openapi()))
    known = _in_addresses(ground)
    fields = _in_forms(ground.walked[who].forms)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                _offer(parameter, known[path, parameter["name"]])
            if method == "post":
                operation["requestBody"] = {"content": {FORM: {"schema": _form(fields.get(path, {}))}}}
    return document


def _in_addresses(ground: Ground) -> dict[tuple[str, str], set[str]]:
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for route in routes():
        for values in _true_addresses(ground, route.path):
            for name, value in values.items():
                known[route.path, name].add(value)
    return known


def _true_addresses(ground: Ground, path: str) -> list[dict[str, str]]:
    """Give the values that stand in the addresses of a route which somebody has walked or sent a form to."""
    pattern = next(route.pattern for route in routes() if route.path == path)
    walked = ground.walked.values()
    seen = {address for each in walked for address in (*each.addresses, *(form.action for form in each.forms))}
    return [found.groupdict() for address in sorted(seen) if (found := pattern.fullmatch(address))]


def _in_forms(forms: list[Form]) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for form in forms:
        for route in routes():
            if route.pattern.fullmatch(form.action):
                for name, offered in form.fields.items():
                    found.setdefault(route.path, {}).setdefault(name, set()).update(offered)
    return found


def _offer(parameter: dict[str, Any], known: set[str]) -> None:
    schema = parameter["schema"]
    if schema.get("type") == "string":
        least = {"minLength": 1} if parameter["in"] == "path" else {}
        parameter["schema"] = {
            "anyOf": [*_of(known), {**schema, **least}, {"enum": [text for text in HOSTILE if text]}]
        }


def _form(fields: dict[str, set[str]]) -> dict[str, Any]:
    text = {"anyOf": [{"type": "string"}, {"enum": list(HOSTILE)}]}
    told = {name: {"anyOf": [*_of(offered), *text["anyOf"]]} for name, offered in fields.items()}
    return {"type": "object", "properties": told, "required": sorted(told), "additionalProperties": text}


def _of(known: set[str]) -> list[dict[str, Any]]:
    return [{"enum": sorted(known)}] if known else []


@pytest.mark.parametrize("who", PEOPLE)
def test_whatever_is_asked_the_answer_is_a_page_of_ours(ground: Ground, who: str) -> None:
    schema = schemathesis.openapi.from_dict(described(ground, who))
    schema.app = ground.school.app
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    asked = sorted(operations, key=lambda operation: operation.method != "get")
    seen: set[int] = set()
    found = {
        operation.label: wrong
        for operation in asked
        if not operation.path.startswith(LEFT_ALONE) and (wrong := _fuzzed(operation, ground, who, seen))
    }
    assert found == {}
    assert seen >= {200, 303, 404, 422}


def _fuzzed(operation: APIOperation[Any, Any, Any, Any], ground: Ground, who: str, seen: set[int]) -> list[str]:
    """Ask one route in many ways, every other time at a true address, and give what was wrong with its answers;
    ``seen`` gets their statuses.
    """
    wrong: list[str] = []
    turns = cycle([None, *_true_addresses(ground, operation.path)])

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.path_parameters |= next(turns) or {}
        answered = case.call(headers=ground.people[who].headers, allow_redirects=False)
        seen.add(answered.status_code)
        headers = {name: value[0] for name, value in answered.headers.items()}
        told = faults(answered.status_code, headers, answered.content)
        wrong.extend(f"{what}: {case.as_curl_command()[:600]}" for what in told)

    ask()
    return wrong[:3]


@pytest.mark.parametrize("who", PEOPLE)
def test_every_form_filled_with_what_is_hostile_is_answered(ground: Ground, who: str) -> None:
    assert asyncio.run(_filled(ground, who)) == []


async def _filled(ground: Ground, who: str) -> list[Any]:
    """Send each kind of form whole with each hostile text, and true but for one field."""
    found: list[Any] = []
    kinds = {(_route_of(form.action), *form.fields): form for form in ground.walked[who].forms}
    async with client_of(ground.school.app) as client:
        for form in kinds.values():
            true = {name: offered[0] for name, offered in form.fields.items()}
            sent = [dict.fromkeys(true, typed) for typed in HOSTILE]
            sent += [{**true, name: HOSTILE[0]} for name in true]
            for data in sent:
                answered = await client.post(form.action, data=data, headers=ground.people[who].headers)
                wrong = faults(answered.status_code, answered.headers, answered.content)
                found += [(form.action, str(data)[:200], wrong)] if wrong else []
    return found[:5]


def _route_of(address: str) -> str:
    return next((route.path for route in routes() if route.pattern.fullmatch(address)), address)
