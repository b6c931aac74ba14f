"""What the demo's terminal shows: preparations as they are done, then the way of each person, live, with times."""

from datetime import UTC, datetime, timedelta
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.demo.pupils import Person
from schemas.envelope import Event
from schemas.gate_act import GateAct

_LOCAL = timedelta(hours=5)
_GREY, _RED, _GREEN = "bright_black", "bold red", "green"


class Screen:
    """The terminal. Grey is normal; colour is for what is not."""

    def __init__(self, people: int) -> None:
        """Begin a morning with so many people."""
        self.console = Console(highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("the morning"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self._task = self._progress.add_task("morning", total=people)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._progress.stop()

    def advance(self) -> None:
        """One more person has come."""
        self._progress.advance(self._task)

    def step(self, text: str) -> None:
        """Tell a preparation."""
        self.console.print(f"[{_GREY}]{_clock()}[/]  {text}")

    def entered(self, person: Person, act: Event[GateAct], unlock_ms: float, outcome: str) -> None:
        """Tell the way of somebody who entered: read, decision, unlock, passage."""
        decided = f"[{_GREEN}]{act.data.verdict}[/] [{_GREY}]({act.data.decided_by}, {act.data.waited_ms:.0f} ms)"
        way = f"[{_GREY}]{_clock()}  read → decision[/] {decided} → unlock {unlock_ms:.0f} ms → {outcome}[/]"
        self.console.print(f"{way}  {person.name}, {person.note}")

    def refused(self, person: Person, act: Event[GateAct], page_ms: float) -> None:
        """Tell a refusal and when the guard's page had it."""
        decided = f"[{_RED}]{act.data.verdict}[/] ({act.data.reason})"
        self.console.print(
            f"{_clock()}  read → decision {decided} → guard's page {page_ms:.0f} ms  {person.name} {person.note}"
        )

    def alarm(self, rule: str, page_ms: float, ack_ms: float | None) -> None:
        """Tell an alarm, when the guard's page had it, and when the police receiver acknowledged it."""
        police = f" → police ACK {ack_ms:.0f} ms" if ack_ms is not None else ""
        self.console.print(f"{_clock()}  [{_RED}]ALARM {rule}[/] → guard's page {page_ms:.0f} ms{police}")

    def visit_approved(self, name: str, in_hand_ms: float) -> None:
        """Tell a visit that the host has approved, and after how long the visitor held the pass."""
        self.console.print(
            f"{_clock()}  asked on the portal → approved from the mail → pass {in_hand_ms:.0f} ms  {name}"
        )

    def visitor_entered(self, name: str, act: Event[GateAct], unlock_ms: float, outcome: str) -> None:
        """Tell the way of a visitor whose pass a scanner has read."""
        decided = f"[{_GREEN}]{act.data.verdict}[/] [{_GREY}]({act.data.decided_by}, {act.data.waited_ms:.0f} ms)"
        self.console.print(
            f"[{_GREY}]{_clock()}  pass → decision[/] {decided} → unlock {unlock_ms:.0f} ms → {outcome}[/]  {name}"
        )

    def pass_refused(self, name: str, act: Event[GateAct]) -> None:
        """Tell a pass that opens no more."""
        self.console.print(f"{_clock()}  pass → decision [{_RED}]{act.data.verdict}[/] ({act.data.reason})  {name}")

    def mail(self, to: str, subject: str, text: str) -> None:
        """Show a mail of the demo, since nobody else gets it."""
        self.console.print(f"{_clock()}  mail to {to}: {subject}", markup=False)
        self.console.print(text.strip(), style=_GREY, markup=False)

    def acknowledged(self, rule: str, took_ms: float) -> None:
        """Tell an acknowledgement that has come back to the page."""
        self.console.print(f"{_clock()}  guard acknowledged {rule} → confirmed on the page after {took_ms:.0f} ms")

    def table(self, title: str, rows: dict[str, str]) -> None:
        """Show a small table."""
        table = Table(title=title, show_header=False, title_justify="left")
        for name, value in rows.items():
            table.add_row(name, value)
        self.console.print(table)


def _clock() -> str:
    return (datetime.now(UTC) + _LOCAL).strftime("%H:%M:%S")
