"""A consent plugin that says what a test tells it to say of recordings."""

from __future__ import annotations

import threading
from typing import Any

from hub.api import Connector, Manifest, PluginSettings, Recipient, hookimpl
from hub.api.privacy import ConsentQuestion, Opinion


class Lawyer(Connector):
    manifest = Manifest(
        name="lawyer",
        kind="consent",
        version="1",
        summary="A lawyer for tests.",
        recipient=Recipient(name="Nobody", role="none"),
    )
    Settings = PluginSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.may_answer = threading.Event()
        self.questions: list[ConsentQuestion] = []
        self.behave()

    def behave(self) -> None:
        """Recording is allowed where it is announced."""
        self.may_answer.set()
        self.questions.clear()
        self.verdict: Any = "allow"
        self.duties: Any = frozenset({"announce"})

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        self.may_answer.wait(30)
        self.questions.append(question)
        return Opinion(verdict=self.verdict, rule_id="lawyer.said", reason="I said so.", duties=self.duties)
