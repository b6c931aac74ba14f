"""The conditions of a visit as a form has them: which there are to choose at a school, and what was chosen. Pure."""

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from schemas.site_policy import Escort, SitePolicy
from services.store.visits.conditions import Conditions, Entries
from services.web.visitor_portal.fields import Wrong

ENTRIES: dict[Entries, str] = {"single": "host.entries.single", "multiple": "host.entries.multiple"}
ESCORTS: dict[str, str] = {
    "": "host.escort.rules",
    "none": "host.escort.none",
    "host": "host.escort.host",
    "staff": "host.escort.staff",
}


def gates_of(policy: SitePolicy) -> list[tuple[str, str]]:
    """Give a school's gates with their names, by name."""
    return sorted(((gate, trust.name) for gate, trust in policy.gates.items()), key=lambda gate: gate[1])


def entrances_of(chosen: Sequence[str], policy: SitePolicy) -> list[str] | Wrong | None:
    """Read the ticked entrances; None for all or none, which leaves it to the school's rules."""
    if any(gate not in policy.gates for gate in chosen):
        return Wrong("host.wrong.entrance")
    return sorted(set(chosen)) if chosen and set(chosen) != set(policy.gates) else None


def conditions_of(
    form: Mapping[str, str], entrances: Sequence[str], policy: SitePolicy
) -> Conditions | dict[str, Wrong]:
    """Read the conditions, or give what is wrong by field."""
    gates = entrances_of(entrances, policy)
    escort, entries = form.get("escort", ""), form.get("entries", "single")
    wrong: dict[str, Wrong] = {"entrance": gates} if isinstance(gates, Wrong) else {}
    wrong |= {"escort": Wrong("host.wrong.choice")} if escort and escort not in get_args(Escort) else {}
    wrong |= {"entries": Wrong("host.wrong.choice")} if entries not in ENTRIES else {}
    if wrong or isinstance(gates, Wrong):
        return wrong
    return Conditions(
        entries=cast("Entries", entries), escort=cast("Escort", escort) if escort else None, entrances=gates
    )


def shown(conditions: Conditions, policy: SitePolicy) -> dict[str, object]:
    """Give what a form shows of conditions: the choices, and what is chosen."""
    return {
        "all_entries": ENTRIES,
        "all_escorts": ESCORTS,
        "gates": gates_of(policy),
        "entries": conditions.entries,
        "escort": conditions.escort or "",
        "entrances": conditions.entrances if conditions.entrances is not None else list(policy.gates),
    }
