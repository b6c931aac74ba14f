"""The director's page: the rules in force, a form for each part of them, what would change, and publishing."""

import logging
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from schemas.site_policy import SitePolicy
from services.i18n import policy_words
from services.rules.policy_changes import changes
from services.rules.policy_faults import Fault
from services.store import administration, audit
from services.store.administration import ChangedMeanwhile
from services.store.records import site_policies
from services.store.users import UserRole
from services.web.administration import sections
from services.web.administration.entered import UNITS, Entered, entered_of
from services.web.administration.sections import Section, section_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, User, form_checked, words

PAGE = "/administration"
_MAY = frozenset({UserRole.DIRECTOR.value, UserRole.ADMINISTRATOR.value})
_VERSIONS_SHOWN = 8
_PUBLISHED = "site_policy_published"

logger = logging.getLogger(__name__)
router = APIRouter(prefix=PAGE)


@router.get("")
async def rules_page(request: Request, user: SignedIn, said: str = "") -> Response:
    """Show the rules in force, each with the way to change it, and the earlier versions."""
    if user.role not in _MAY:
        return _forbidden(request, user)

    def ask(session: Session) -> tuple[list[site_policies.SitePolicyRow], dict[str, str]]:
        rows = list(site_policies.versions(session, user.site)[:_VERSIONS_SHOWN])
        deeds = audit.of_act(session, user.site, _PUBLISHED)
        return rows, {deed.subject.removeprefix("policy/"): deed.by for deed in deeds}

    rows, by = await parts_of(request).store.read(ask)
    policy = rows[0].policy() if rows else None
    offset_min = policy.utc_offset_min if policy else 0
    told = [
        {
            "version": row.version,
            "at": policy_words.moment_text(row.at, offset_min),
            "by": by.get(f"{row.version}", "—"),
        }
        for row in rows
    ]
    values = {"policy": policy, "versions": told, "published": said == "published", "offset_min": offset_min}
    return _page(request, user, "rules", values)


@router.get("/{kind}")
async def whole_form(request: Request, user: SignedIn, kind: str) -> Response:
    """Show the form of the calendar or the threat level."""
    return await _form_page(request, user, kind, "")


@router.get("/{kind}/{name}")
async def part_form(request: Request, user: SignedIn, kind: str, name: str) -> Response:
    """Show the form of one category, or of one level's measures."""
    return await _form_page(request, user, kind, name)


@router.post("/{kind}", dependencies=[Depends(form_checked)])
async def enter_whole(request: Request, user: SignedIn, kind: str) -> Response:
    """Take the form of the calendar or the threat level: show what changes, or publish it."""
    return await _take(request, user, kind, "")


@router.post("/{kind}/{name}", dependencies=[Depends(form_checked)])
async def enter_part(request: Request, user: SignedIn, kind: str, name: str) -> Response:
    """Take the form of one category, or of one level's measures."""
    return await _take(request, user, kind, name)


async def _form_page(request: Request, user: User, kind: str, name: str) -> Response:
    if user.role not in _MAY:
        return _forbidden(request, user)
    section, policy = await _looked_at(request, user, kind, name)
    return _form(request, user, section, policy, section.shown(policy))


async def _take(request: Request, user: User, kind: str, name: str) -> Response:
    if user.role not in _MAY:
        return _forbidden(request, user)
    section, policy = await _looked_at(request, user, kind, name)
    form = await request.form()
    entered, step, seen = entered_of(form.multi_items()), form.get("step"), str(form.get("seen_version") or "")
    if seen != f"{policy.version}":
        return _meanwhile(request, user, section, policy.version)
    wanted, faults = sections.proposed(section, entered, policy)
    if faults or step == "mend":
        return _form(request, user, section, policy, entered, faults)
    if step != "publish":
        return _changes(request, user, section, policy, wanted, entered)

    def publish(session: Session) -> int | None:
        return administration.publish_policy(
            session,
            site=user.site,
            policy=wanted,
            by=user.login,
            at=parts_of(request).clock(),
            seen_version=policy.version,
        )

    try:
        version = await parts_of(request).store.write(publish)
    except ChangedMeanwhile as meanwhile:
        return _meanwhile(request, user, section, meanwhile.version)
    logger.info("policy_published site=%s version=%s", user.site, version or policy.version)
    return RedirectResponse(f"{PAGE}?said=published", status.HTTP_303_SEE_OTHER)


async def _looked_at(request: Request, user: User, kind: str, name: str) -> tuple[Section, SitePolicy]:
    section = section_of(kind, name)
    policy = await parts_of(request).store.read(lambda session: site_policies.current(session, user.site))
    if section is None or policy is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return section, policy


def _form(
    request: Request,
    user: User,
    section: Section,
    policy: SitePolicy,
    entered: Entered,
    faults: list[Fault] | None = None,
) -> Response:
    text = words(request)
    told = list(dict.fromkeys(policy_words.fault_text(text, fault) for fault in faults or []))
    values = {
        "section": section,
        "policy": policy,
        "entered": entered,
        "faults": told,
        "sections": sections,
        "units": list(UNITS),
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if told else status.HTTP_200_OK
    return _page(request, user, section.template, values, code)


def _changes(
    request: Request, user: User, section: Section, policy: SitePolicy, wanted: SitePolicy, entered: Entered
) -> Response:
    text = words(request)
    told = [
        (policy_words.about_text(text, change.about), policy_words.change_text(text, change, policy.utc_offset_min))
        for change in changes(policy, wanted)
    ]
    values = {"section": section, "policy": policy, "told": told, "entered": entered}
    return _page(request, user, "changes", values)


def _meanwhile(request: Request, user: User, section: Section, version: int) -> Response:
    values = {"section": section, "version": version}
    return _page(request, user, "meanwhile", values, status.HTTP_409_CONFLICT)


def _forbidden(request: Request, user: User) -> Response:
    return _page(request, user, "forbidden", {}, status.HTTP_403_FORBIDDEN)


def _page(
    request: Request, user: User, template: str, values: dict[str, Any], code: int = status.HTTP_200_OK
) -> Response:
    parts, text = parts_of(request), words(request)
    filled = {
        "user": user,
        "csrf": parts.sessions.form_token(user.session),
        "back": request.url.path,
        "tell": policy_words,
        **values,
    }
    return HTMLResponse(parts.templates.fill(f"administration/{template}.html", text, filled), code)
