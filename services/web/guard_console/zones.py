"""Renders one zone of the guard's page: whole, so that pushing it twice changes nothing."""

from collections.abc import Callable, Mapping

from services.i18n.words import Words
from services.web.guard_console.alarms_view import LATE_AFTER, alarms_view
from services.web.guard_console.gates_view import gates_view
from services.web.guard_console.post_state import Zone
from services.web.guard_console.questions_view import questions_view
from services.web.guard_console.reads_view import now_view, recent_view
from services.web.guard_console.sentences import age, clock, lane_word, minutes, verdict_words
from services.web.guard_console.sight import Sight
from services.web.shared.pages import Templates


def _alarms(sight: Sight) -> Mapping[str, object]:
    waiting, quiet = alarms_view(sight)
    return {"waiting": waiting, "quiet": quiet, "late_after": LATE_AFTER}


def _now(sight: Sight) -> Mapping[str, object]:
    view = now_view(sight)
    return {"view": view, "asked": questions_view(sight, view.read.event if view.read and view.held else None)}


_VIEWS: dict[Zone, Callable[[Sight], Mapping[str, object]]] = {
    Zone.ALARMS: _alarms,
    Zone.NOW: _now,
    Zone.GATES: lambda sight: {"gates": gates_view(sight)},
    Zone.RECENT: lambda sight: {"reads": recent_view(sight)},
    Zone.SITE: lambda sight: {"policy": sight.state.policy, "mode": sight.state.mode},
}


class Zones:
    """Gives a zone's HTML from what the post sees, in a language."""

    def __init__(self, templates: Templates) -> None:
        """Take the templates."""
        self._templates = templates

    def render(self, zone: Zone, sight: Sight, words: Words, csrf: str | None = None) -> str:
        """Render a zone. With a ``csrf`` token its forms work without script and ages are written out; pushed
        fragments have neither, so they stay the same while nothing happens.
        """
        today = sight.now.astimezone(sight.zone).date().isoformat()
        values = {
            "sight": sight,
            "csrf": csrf,
            "still": csrf is not None,
            "clock": lambda at: clock(at, sight.zone, sight.now),
            "age": lambda at: age(at, sight.now),
            "minutes": minutes,
            "verdict": lambda act: verdict_words(words, act, today),
            "lane_word": lambda act: lane_word(words, act),
            **_VIEWS[zone](sight),
        }
        return self._templates.fill(f"guard_console/zones/{zone}.html", words, values).strip()
