"""The text settings of a tracker: those of its own `texts:` section, and the company's for every setting left out there."""

from __future__ import annotations

from hub.config.models import Config
from hub.config.sections.texts import TextsSection
from hub.numbers.directory import Line


def settings_of(config: Config, line: Line) -> TextsSection:
    """The text settings of one line."""
    company = config.companies_by_name.get(line.company.name)
    if company is None:
        return TextsSection()
    tracker = next((each for each in company.trackers if each.name == line.tracker.name), None)
    own = tracker.texts.model_dump(exclude_unset=True, by_alias=True) if tracker and tracker.texts else {}
    return TextsSection.model_validate({**company.texts.model_dump(exclude_unset=True, by_alias=True), **own})


def templates_of(config: Config, line: Line) -> dict[str, str]:
    """The templates of one line by name, with their placeholders replaced."""
    company = line.company.title
    return {name: words.replace("{company}", company) for name, words in settings_of(config, line).templates.items()}
