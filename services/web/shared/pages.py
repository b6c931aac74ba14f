"""Renders templates: one Jinja environment for every room, escaping everything, refusing a name that is not there."""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from services.i18n.words import NAMES, Language, Words
from services.web.shared.assets import asset_address

ROOMS = (
    "shared",
    "administration",
    "duty_desk",
    "guard_console",
    "visitors_journal",
    "visitor_portal",
    "host_desk",
    "invited",
)


def template_environment() -> Environment:
    """Make the environment; a template is named by its room: ``guard_console/post.html``."""
    environment = Environment(
        loader=PrefixLoader({room: PackageLoader(f"services.web.{room}") for room in ROOMS}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = asset_address
    environment.globals["languages"] = NAMES
    return environment


class Templates:
    """Fills templates with words and values, for routes."""

    def __init__(self) -> None:
        """Make the environment once."""
        self.environment = template_environment()

    def fill(self, template: str, words: Words, values: Mapping[str, object]) -> str:
        """Give the text of a page or a part of one."""
        return self.environment.get_template(template).render(
            {"say": words.say, "words": words, "language": Language(words.language), **values}
        )
