"""Find the rule that fits what the caller said last."""

from __future__ import annotations

from hub.api import AgentReply, Talk
from plugins.agent.scripted.matching import folded, pattern
from plugins.agent.scripted.settings import Rule, ScriptedSettings

OPENING, UNCLEAR = "opening", "no rule fits"


def reply_to(talk: Talk, settings: ScriptedSettings) -> AgentReply:
    """The answer of the first rule that fits; of none, the question again or `otherwise`."""
    said = folded(talk.lines[-1].text or "") if talk.lines else " "
    before = _answered_by(talk)
    for rule in settings.rules:
        if _fits(rule, said, before, talk):
            return AgentReply(say=rule.say, choose=rule.choose, why=rule.name)
    if settings.ask_again and before != UNCLEAR:
        return AgentReply(say=settings.ask_again, why=UNCLEAR)
    return AgentReply(choose="otherwise", why=UNCLEAR)


def _fits(rule: Rule, said: str, before: str, talk: Talk) -> bool:
    if rule.language not in (None, talk.language[:2].lower()) or (rule.after and before not in rule.after):
        return False
    if rule.choose and rule.choose not in (*talk.may, "otherwise"):
        return False
    hears = not rule.hear or any(pattern(each).search(said) for each in rule.hear)
    return hears and not any(pattern(each).search(said) for each in rule.unless)


def _answered_by(talk: Talk) -> str:
    """The rule of the assistant's last words."""
    own = [line for line in talk.lines if line.channel == "business"]
    return (own[-1].decided or OPENING) if len(own) > 1 else OPENING
