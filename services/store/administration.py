"""What administration says: policies, credentials and modes, each a new version in its table, the outbox and the audit,
in one transaction.
"""

from datetime import datetime

import msgspec
from sqlmodel import Session

from schemas.catalogue import Said
from schemas.credential import Credential
from schemas.site_mode import Mode, SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import CREDENTIALS, SITE_MODES, SITE_POLICIES, Topic
from schemas.trust import check_gate_key
from services.rules.policy_faults import faults_in
from services.store.clock import now
from services.store.columns import as_said
from services.store.database import serialise
from services.store.records import credentials, site_modes, site_policies
from services.store.saying import say

_ENDED_BY_TWO: frozenset[str] = frozenset({"lockdown", "evacuation"})
_TWO = 2


class NotAllowed(Exception):  # noqa: N818  said to a person: the text is for whoever asked
    """Administration's own rules forbid it; the text says why."""


class RuleForbids(NotAllowed):
    """A rule of the post forbids it; ``code`` names which, for the page's words."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class ChangedMeanwhile(NotAllowed):
    """Somebody else has published the site's policy since it was looked at; ``version`` is what holds now."""

    def __init__(self, version: int) -> None:
        """Keep the version that holds."""
        super().__init__(f"version {version} has been published meanwhile: look at it, and make your change again")
        self.version = version


def publish_policy(
    session: Session,
    *,
    site: str,
    policy: SitePolicy,
    by: str,
    at: datetime | None = None,
    seen_version: int | None = None,
) -> int | None:
    """Publish a policy as the site's next version (its own ``version`` is not looked at) and give that; None when it
    says what already holds. ``seen_version`` is what whoever changed it was looking at (0: none): when another one
    holds by now, ChangedMeanwhile.

    A policy that nobody could use, such as one with a broken gate key, is a ValueError.
    """
    serialise(session, SITE_POLICIES.name, site)
    known = site_policies.current(session, site)
    version = known.version if known else 0
    if seen_version is not None and seen_version != version:
        raise ChangedMeanwhile(version)
    if known is not None and msgspec.structs.replace(policy, version=version) == known:
        return None
    _refuse_unusable(policy)
    _say(
        session,
        site,
        SITE_POLICIES,
        msgspec.structs.replace(policy, version=version + 1),
        by,
        at,
        f"policy/{version + 1}",
    )
    return version + 1


def restore_policy(session: Session, *, site: str, version: int, by: str, at: datetime | None = None) -> int | None:
    """Publish an earlier version's rules again as the next version and give that; None when they hold already. A
    version that the site never had is a LookupError, one that does not fit the site's gates any more a ValueError.

    Gates, pass keys and the threat level stay as they are: they are not rules, and an old key would open to whoever
    has it.
    """
    earlier, known = site_policies.version(session, site, version), site_policies.current(session, site)
    if earlier is None or known is None:
        message = f"site {site} has no policy version {version}"
        raise LookupError(message)
    again = msgspec.structs.replace(earlier, gates=known.gates, pass_keys=known.pass_keys, threat=known.threat)
    if faults := faults_in(again):
        told = "; ".join(f"{'/'.join(map(str, fault.path))}: {fault.code}" for fault in faults)
        message = f"version {version} cannot hold again as it is ({told}): publish a policy file instead"
        raise ValueError(message)
    return publish_policy(session, site=site, policy=again, by=by, at=at)


def issue_credential(
    session: Session, *, site: str, credential: Credential, by: str, again: bool = False, at: datetime | None = None
) -> int | None:
    """Issue or change a credential as its next version and give that; None when it says what already holds.

    A revoked one stays revoked (NotAllowed) unless it is given back on purpose, with ``again``.
    """
    serialise(session, CREDENTIALS.name, site, credential.credential)
    known = credentials.one(session, site, credential.credential)
    version = known.version if known else 0
    if known is not None and msgspec.structs.replace(credential, version=version) == as_said(known, Credential):
        return None
    if known is not None and known.revoked_at is not None and credential.revoked_at is None and not again:
        message = f"credential {credential.credential} was revoked at {known.revoked_at:%Y-%m-%d %H:%M} UTC"
        raise NotAllowed(message)
    _say(
        session,
        site,
        CREDENTIALS,
        msgspec.structs.replace(credential, version=version + 1),
        by,
        at,
        credential.credential,
    )
    return version + 1


def revoke_credential(
    session: Session, *, site: str, credential: str, by: str, at: datetime | None = None
) -> int | None:
    """Revoke a credential from now on and give its version; None when it is revoked already. One that the site does not
    have is a LookupError.
    """
    serialise(session, CREDENTIALS.name, site, credential)
    known = credentials.one(session, site, credential)
    if known is None:
        message = f"site {site} has no credential {credential}"
        raise LookupError(message)
    if known.revoked_at is not None:
        return None
    moment = at or now()
    revoked = msgspec.structs.replace(as_said(known, Credential), version=known.version + 1, revoked_at=moment)
    _say(session, site, CREDENTIALS, revoked, by, moment, credential)
    return revoked.version


def set_mode(
    session: Session,
    *,
    site: str,
    mode: Mode,
    drill: bool,
    by: list[str],
    because: str | None,
    at: datetime | None = None,
) -> int | None:
    """Put a site into a mode and give its version; None when it is in it already. ``by`` are the people who do it
    together.

    One person may begin any mode; a real lockdown or evacuation is ended by two (NotAllowed), never by one who is
    forced to.
    """
    serialise(session, SITE_MODES.name, site)
    known = site_modes.current(session, site)
    if (known.mode, known.drill) == (mode, drill) if known else (mode, drill) == ("normal", False):
        return None
    if known is not None and known.mode in _ENDED_BY_TWO and not known.drill and len(set(by)) < _TWO:
        message = f"{known.mode} is ended by two people"
        raise NotAllowed(message)
    version = (known.version if known else 0) + 1
    _say(
        session,
        site,
        SITE_MODES,
        SiteMode(version=version, mode=mode, drill=drill, by=by, because=because),
        ",".join(by),
        at,
        mode,
    )
    return version


def _say(  # noqa: PLR0917  one private line for three callers
    session: Session, site: str, topic: Topic, data: Said, by: str, at: datetime | None, subject: str
) -> None:
    act = f"{topic.noun}_published"
    say(session, site=site, topic=topic, data=data, by=by, act=act, subject=subject, at=at)


def _refuse_unusable(policy: SitePolicy) -> None:
    """Raise the ValueError with which every reader would meet a broken key of a gate."""
    for gate, trust in policy.gates.items():
        for key in trust.public_keys:
            check_gate_key(gate, key)
