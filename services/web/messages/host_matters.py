"""What messages to hosts, to those who stand in for them, and to those whom they invite are about."""

from services.store.messages import MessageRow
from services.store.visits import hosts, invitations, sign_ins, standing_in, visits, waiting
from services.store.visits.hosts import HostRow
from services.store.visits.visits import VisitRow
from services.web.messages import matters
from services.web.messages.matters import Addressee, Matter, Values


def to_signing_in(matter: Matter) -> Addressee | None:
    """Find the host who wants to sign in."""
    row = sign_ins.one(matter.session, matter.row.site, matter.row.subject)
    return _host(hosts.one(matter.session, row.site, row.host) if row else None)


def sign_in(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about signing in: the link, for as long as it is good."""
    row = sign_ins.one(matter.session, matter.row.site, matter.row.subject)
    if row is None or matter.now >= row.expires_at:
        return None
    token = matter.visits.seals.link("host_sign_in", row.site, row.sign_in)
    return {
        "link": f"{matter.visits.public_url}/visit/{row.site}/host/enter/{token}",
        "minutes": int(sign_ins.LASTS.total_seconds()) // 60,
    }


def to_delegate(matter: Matter) -> Addressee | None:
    """Find who stands in for a host, as long as they do."""
    _, delegate = _delegated(matter)
    return _host(delegate)


def asked_of_delegate(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a visit that waited already when somebody came to stand in."""
    visit, delegate = _delegated(matter)
    if visit is None or delegate is None or visit.state != "requested":
        return None
    link = standing_in.path(matter.visits.seals, visit.site, visit.visit, delegate.host)
    return {**matters.of_visit(matter, to, visit), "link": f"{matter.visits.public_url}{link}"}


def to_invited(matter: Matter) -> Addressee | None:
    """Find whom a host has invited."""
    row = invitations.one(matter.session, matter.row.site, matter.row.subject)
    return matters.outside(row.contact, row.language) if row else None


def invitation(matter: Matter, to: Addressee) -> Values | None:
    """Compose about an invitation; one that was taken back meanwhile says nothing."""
    row = invitations.one(matter.session, matter.row.site, matter.row.subject)
    if row is None or row.withdrawn_at is not None or matter.now >= row.leaves_at:
        return None
    host = hosts.one(matter.session, row.site, row.host)
    token = matter.visits.seals.link("invitation", row.site, row.invitation)
    return {
        "name": row.name,
        "host": host.name if host else "",
        "purpose": row.purpose,
        "begins": matter.school.said(row.arrives_at),
        "when": matters.when(matter, to, row),
        "link": f"{matter.visits.public_url}/visit/{row.site}/i/{token}",
    }


def unanswered(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a visit that nobody has answered; one that was answered meanwhile needs nobody."""
    found = _visit(matter.row, matter)
    return matters.of_visit(matter, to, found) if found is not None and found.state == "requested" else None


def overdue(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a visitor who should have left; one who has left meanwhile needs nobody."""
    found = _visit(matter.row, matter)
    if found is None or found.state != "arrived":
        return None
    ends = matter.school.local(waiting.out_by(matter.session, found))
    return {**matters.of_visit(matter, to, found), "ends": f"{ends:%H:%M}"}


def _visit(row: MessageRow, matter: Matter) -> VisitRow | None:
    return visits.one(matter.session, row.site, row.subject)


def _delegated(matter: Matter) -> tuple[VisitRow | None, HostRow | None]:
    """Give the visit of such a message, and the delegate as long as that one stands in."""
    visit, _, named = matter.row.subject.partition("/")
    found = visits.one(matter.session, matter.row.site, visit)
    meant = hosts.one(matter.session, matter.row.site, found.host) if found is not None and found.host else None
    delegate = hosts.delegate_of(matter.session, meant, matter.now) if meant is not None else None
    return found, delegate if delegate is not None and delegate.host == named else None


def _host(row: HostRow | None) -> Addressee | None:
    return Addressee("host", row.language, row.email) if row is not None else None
