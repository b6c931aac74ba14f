"""``qaqpa explain``: why a gate did as it did about a read, by every rule, with the facts that were in force then."""

from typing import Annotated

import typer
from rich.table import Table

from schemas.gate_act import GateAct
from services.cli.console import Refusal, SettingsFile, SiteName, moment_text, out
from services.cli.opened import opened_store
from services.i18n.policy_words import threat_text
from services.i18n.words import Language, Words, words_in
from services.rules.asked import threat_now
from services.rules.explain import Explained, RuleVerdict
from services.rules.explain import explain as explained
from services.store import past
from services.store.past import PastRead
from services.web.guard_console.sentences import verdict_words

app = typer.Typer(help="Why a gate did as it did about a read.")


@app.command()
def explain(
    settings: SettingsFile,
    site: SiteName,
    read: Annotated[str, typer.Argument(help="The read's event id, as in journal and log.")],
) -> None:
    """Tell every rule's verdict about a read, with the policy that was in force then, and what the gate did."""
    with opened_store(settings) as store:
        found = store.read_now(lambda session: past.read_of(session, site, read))
    if found is None:
        message = f"site {site} has no read {read}"
        raise Refusal(message)
    judged = explained(found.read, found.facts, found.at)
    offset_min = found.facts.policy.utc_offset_min if found.facts.policy else 0
    _tell_facts(found, offset_min)
    table = Table("rule", "says", "reason", "what would mend it")
    for rule in judged.rules:
        table.add_row(*_line(rule))
    out.print(table)
    _tell_decision(judged, found)
    for language in Language:
        out.print(f"{language}: {_sentences(words_in(language), judged, found, offset_min)}", markup=False)


def _tell_facts(found: PastRead, offset_min: int) -> None:
    facts, read = found.facts, found.read
    person = facts.visitor_pass or facts.credential
    lines = {
        "read": f"{found.id} at {moment_text(found.at, offset_min)}, {read.direction} at {read.gate}",
        "shown": f"{read.technology}" + (f", token {read.pass_fault}" if read.pass_fault else ""),
        "person": f"{person.holder}, {person.category}" if person else "nobody that the site knew then",
        "policy": _policy(found),
        "mode": _mode(found),
        "presence": _presence(found, offset_min),
    }
    if facts.policy and threat_now(facts.policy, found.at):
        lines["threat level"] = threat_text(words_in(Language.EN), facts.policy.threat, offset_min)
    if facts.pass_standing:
        lines["pass"] = f"{facts.pass_standing.state} since {moment_text(facts.pass_standing.at, offset_min)}"
    if facts.screening:
        checked = moment_text(facts.screening.checked_at, offset_min)
        lines["last check"] = f"{facts.screening.outcome}, {facts.screening.standing}, {checked}"
    if facts.visitor_pass:
        unsure = f", may be wrong by {facts.visitors_unsure}" if facts.visitors_unsure else ""
        lines["visitors inside"] = f"{facts.visitors_inside}{unsure}"
    for name, text in lines.items():
        out.print(f"{name:>15}  {text}", markup=False)


def _policy(found: PastRead) -> str:
    policy = found.facts.policy
    age_s = (found.at - found.facts.confirmed_at).total_seconds()
    return f"version {policy.version}, known to be current {age_s:.0f} s before" if policy else "none was known"


def _mode(found: PastRead) -> str:
    mode = found.facts.mode
    return "normal" if mode is None else f"{mode.mode}{' (drill)' if mode.drill else ''}"


def _presence(found: PastRead, offset_min: int) -> str:
    presence = found.facts.presence
    if presence is None:
        return "unknown"
    return f"{'inside' if presence.inside else 'outside'} since {moment_text(presence.at, offset_min)}"


def _line(rule: RuleVerdict) -> tuple[str, str, str, str]:
    said = rule.said.replace("_", " ")
    if rule.reason is None:
        return rule.rule, said, "", ""
    values = ", ".join(f"{name} {value}" for name, value in rule.values.items())
    told = f"{said}: {rule.verdict}"
    return rule.rule, told, f"{rule.reason}{f' ({values})' if values else ''}", (rule.mend or "").replace("_", " ")


def _tell_decision(judged: Explained, found: PastRead) -> None:
    decided = judged.decided
    out.print(f"by these rules   {decided.verdict} {decided.reason}", markup=False)
    for act in found.acts:
        opened = "opened" if act.grant else "stayed shut"
        took = f"after {act.waited_ms:.0f} ms"
        out.print(
            f"the gate         {act.verdict} {act.reason}, decided by {act.decided_by}, {took}, {opened}", markup=False
        )
    if not found.acts:
        out.print("the gate         has not been heard about this read", markup=False)


def _sentences(words: Words, judged: Explained, found: PastRead, offset_min: int) -> str:
    """Give what the guard reads: the verdict's word, the one reason, the one thing to do."""
    decided, read = judged.decided, found.read
    act = GateAct(
        read=found.id,
        gate=read.gate,
        reader=read.reader,
        direction=read.direction,
        credential=read.credential,
        decided_by="online",
        decision=None,
        verdict=decided.verdict,
        reason=decided.reason,
        values=decided.values,
        holder=decided.holder,
        category=decided.category,
        policy_version=decided.policy_version,
        policy_age_s=decided.policy_age_s,
        grant=None,
        waited_ms=0.0,
    )
    said = verdict_words(words, act, moment_text(found.at, offset_min)[:10])
    return f"{said.word}. {said.why} {said.do}"
