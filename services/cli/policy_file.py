"""The policy file: a site's rules as a director can read them (YAML), turned into what administration says.

``read_policy`` gives the policy, or every mistake with its line. What the file leaves out of ``gates``, ``threat`` and
``pass_keys`` stays as it is in force; everything else it says whole.
"""

from pathlib import Path as FilePath
from typing import Any

import msgspec
import yaml

from schemas.credential import Category
from schemas.ids import is_slug
from schemas.site_policy import CategoryRules, SitePolicy
from services.cli import policy_parts as parts
from services.cli.policy_marks import Marks, Told, one_of, share, truth, whole
from services.rules.policy_faults import Fault, FaultCode, Path, faults_in
from services.rules.policy_times import offset_min_of, seconds_of

STAYS = ("gates", "threat", "pass_keys")
_SITE = (
    "site",
    "name",
    "utc_offset",
    "gates_wait",
    "question_after",
    "pass_reserved_for",
    "visitor_capacity",
    "screening_share",
    "categories",
    "calendar",
    "measures",
    *STAYS,
)
_CATEGORY = (
    "windows",
    "closed",
    "on_holidays",
    "anti_passback",
    "anti_passback_for",
    "ask_when_stale_for",
    "refuse_when_stale_for",
    "entrances",
    "escort",
    "screening",
    "walk_in",
    "lessons",
)
parts.ESCORT, _SCREENING = one_of("none", "host", "staff"), one_of("none", "drawn", "always")
_OF_FIELD = {
    "utc_offset_min": "utc_offset",
    "answer_within_ms": "gates_wait",
    "question_after_s": "question_after",
    "reserve_s": "pass_reserved_for",
    "passback_within_s": "anti_passback_for",
    "admit_staleness_s": "ask_when_stale_for",
    "refuse_staleness_s": "refuse_when_stale_for",
}
"""What the file calls a field of the policy, where it has another name."""
_DAY_S = 86_400.0


class PolicyFile(msgspec.Struct, frozen=True):
    """A policy as a file says it: its site, its rules, and which of ``STAYS`` it says at all."""

    site: str
    policy: SitePolicy
    says: frozenset[str]

    def over(self, known: SitePolicy | None) -> SitePolicy:
        """Give the policy with what the file leaves to the one in force."""
        if known is None:
            return self.policy
        stays = {name: getattr(known, name) for name in STAYS if name not in self.says}
        return msgspec.structs.replace(self.policy, **stays)


class PolicyMistakes(Exception):  # noqa: N818  the director's, told with their lines
    """A policy file cannot be used; ``told`` has every mistake, by line."""

    def __init__(self, told: list[Told]) -> None:
        """Keep the mistakes."""
        super().__init__("\n".join(map(str, told)))
        self.told = told


def read_policy(text: str, folder: FilePath, known: SitePolicy | None = None) -> PolicyFile:
    """Read a policy file; key files are relative to ``folder``, ``known`` is the policy in force where it is known.
    Raises PolicyMistakes with all of them.
    """
    marks = Marks()
    tree = marks.tree(text)
    if tree is None:
        raise PolicyMistakes(marks.told)
    file = _Reader(marks, folder).file(tree)
    for fault in faults_in(file.over(known)):
        if fault.code is FaultCode.ENTRANCE_UNKNOWN and known is None and "gates" not in file.says:
            continue
        parts.tell_fault(marks, fault, marks.at(_in_file(fault.path)) or tree)
    if marks.told:
        raise PolicyMistakes(sorted(marks.told))
    return file


def _in_file(path: Path) -> Path:
    return tuple(_OF_FIELD.get(part, part) if isinstance(part, str) else part for part in path)


class _Reader:
    """Walks the tree; each part is read whatever the parts before it were."""

    def __init__(self, marks: Marks, folder: FilePath) -> None:
        self._marks = marks
        self._folder = folder

    def file(self, tree: yaml.Node) -> PolicyFile:
        marks = self._marks
        found = marks.mapping(tree, _SITE, ("site", "name", "categories"), path=())
        site = marks.value(found.get("site"), _slug, "")
        default = SitePolicy(version=0, name="-", utc_offset_min=300, answer_within_ms=300, categories={}, gates={})
        capacity = found.get("visitor_capacity")
        policy = SitePolicy(
            version=0,
            name=marks.value(found.get("name"), str, default.name),
            utc_offset_min=marks.value(found.get("utc_offset"), offset_min_of, default.utc_offset_min),
            answer_within_ms=round(1000 * marks.value(found.get("gates_wait"), seconds_of, 0.3)),
            question_after_s=marks.value(found.get("question_after"), seconds_of, default.question_after_s),
            reserve_s=marks.value(found.get("pass_reserved_for"), seconds_of, default.reserve_s),
            visitor_capacity=None if capacity is None else marks.value(capacity, whole, 0),
            screening_share=marks.value(found.get("screening_share"), share, 0.0),
            categories=self._categories(found.get("categories")),
            gates=parts.gates(marks, self._folder, found.get("gates")),
            calendar=parts.listed(marks, ("calendar",), found.get("calendar"), parts.days),
            threat=parts.threat(marks, found.get("threat")),
            measures=parts.measures(marks, found.get("measures")),
            pass_keys=parts.listed(marks, ("pass_keys",), found.get("pass_keys"), parts.pass_key),
        )
        return PolicyFile(site, policy, frozenset(found) & frozenset(STAYS))

    def _categories(self, node: yaml.Node | None) -> dict[Category, CategoryRules]:
        if node is None:
            return {}
        marks = self._marks
        found = marks.mapping(node, parts.CATEGORIES, path=("categories",))
        for category in parts.CATEGORIES:
            if category not in found:
                marks.tell(node, f"{category} is missing: add its windows, or say {category}: {{closed: yes}}")
        return {
            category: self._category(category, found[category]) for category in parts.CATEGORIES if category in found
        }

    def _category(self, category: Category, node: yaml.Node) -> CategoryRules:
        marks, at = self._marks, ("categories", category)
        found = marks.mapping(node, _CATEGORY, path=at)
        windows = parts.listed(marks, (*at, "windows"), found.get("windows"), parts.window)
        closed = marks.value(found.get("closed"), truth, default=False)
        if not closed and not parts.items(marks, found.get("windows")) and isinstance(node, yaml.MappingNode):
            parts.tell_fault(marks, Fault(FaultCode.CATEGORY_CLOSED_UNSAID, at), node)
        if closed and windows:
            marks.tell(found["closed"], "closed stands beside windows; keep one of them")
        refuse, within = found.get("refuse_when_stale_for"), found.get("anti_passback_for")
        values: dict[str, Any] = {
            "anti_passback": marks.value(found.get("anti_passback"), one_of("off", "hard", "soft"), "off"),
            "escort": marks.value(found.get("escort"), parts.ESCORT, "none"),
            "screening": marks.value(found.get("screening"), parts.SCREENING, "none"),
        }
        return CategoryRules(
            windows=windows,
            passback_within_s=None if within is None else marks.value(within, seconds_of, 0.0),
            admit_staleness_s=marks.value(found.get("ask_when_stale_for"), seconds_of, _DAY_S),
            refuse_staleness_s=None if refuse is None else marks.value(refuse, parts.or_never, None),
            open_on_holidays=marks.value(found.get("on_holidays"), one_of("open", "closed"), "open") == "open",
            entrances=self._entrances(found.get("entrances")),
            walk_in=marks.value(found.get("walk_in"), truth, default=True),
            lessons=parts.listed(marks, (*at, "lessons"), found.get("lessons"), parts.window),
            **values,
        )

    def _entrances(self, node: yaml.Node | None) -> list[str] | None:
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == "all"):
            return None
        return [self._marks.text(item) for item in self._marks.each(node)]


def _slug(text: str) -> str:
    if not is_slug(text):
        message = f"site {text!r}: use small Latin letters, digits and hyphens"
        raise ValueError(message)
    return text
