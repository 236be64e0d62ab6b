"""docs/law.md: every rule of law that the built-in plugins and the hub apply, where it was read, and when."""

from __future__ import annotations

from hub.contracts.rules import MONTHS_UNTIL_REREAD, OWN, TOPICS, LegalRule
from hub.hookspecs import ConsentHooks
from hub.proof.docs.config import built_in
from hub.proof.docs.markdown import page, table
from hub.queries.privacy.legal_rules import own_rules
from hub.testing.factories import connect

TITLES = {
    "sharing": "Sharing data",
    "recording": "Recording calls",
    "texts": "Texts",
    "hours": "Hours of texts and calls back",
    "tracking": "Storing anything on a visitor's device",
    "signals": "Browser signals",
    "age": "Children and teenagers",
    "requests": "Privacy requests",
    "retention": "Retention",
}
PLACES_NAMED = 8


def law_page() -> str:
    """The whole page."""
    rules = shipped_rules()
    unconfirmed = sum(not rule.confirmed for rule in rules)
    return page(
        "# The law that the hub knows",
        f"{len(rules)} rules; {unconfirmed} of {len(rules)} rules of law are unconfirmed. A rule is confirmed once somebody "
        "has read a source that states it in full; it names the source and the day. An unconfirmed rule is applied all the "
        f"same. {MONTHS_UNTIL_REREAD} months after its source was read, `hub check` and the page *Law* of the privacy desk ask "
        "that it be read again. This is software, not legal advice: have a lawyer look at the rules of the places where you "
        "trade.",
        "`hub privacy rules` lists the rules that your own configuration applies, `hub privacy ask` says which of them decide "
        "a question. How the rules are applied: `plugins/consent/jurisdictions/README.md`.",
        *(block for topic in TOPICS for block in _topic(topic, [rule for rule in rules if rule.topic == topic])),
    )


def shipped_rules() -> list[LegalRule]:
    """The rules of every built-in consent plugin, and those that the hub itself applies."""
    hook = ConsentHooks.list_rules.__name__
    plugins = [kind for kind in built_in().values() if kind.manifest.kind == "consent" and hasattr(kind, hook)]
    return [*(rule for kind in plugins for rule in getattr(connect(kind), hook)()), *own_rules()]


def _topic(topic: str, rules: list[LegalRule]) -> tuple[str, str]:
    head = ["Rule", "Says", "Where", "Law", "Read in", "Read on", "Again by"]
    return f"## {TITLES[topic]}", table(head, (_row(rule) for rule in rules))


def _row(rule: LegalRule) -> tuple[str, ...]:
    since = f" Since {rule.since}." if rule.since else ""
    more = len(rule.places) - PLACES_NAMED
    where = ", ".join(rule.places[:PLACES_NAMED]) + (f" and {more} more" if more > 0 else "")
    read = ", ".join(rule.sources) if rule.sources != (OWN,) else "our own decision, not a law"
    state = str(rule.read_on) if rule.read_on else "" if rule.confirmed else "**unconfirmed**"
    return f"`{rule.id}`", rule.says + since, where, rule.cite, read, state, str(rule.verify_by or "")
