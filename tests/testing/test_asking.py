"""`hub certify` calls hooks so that whatever a plugin raises fails one check, and ends nothing."""

from __future__ import annotations

import threading

import pytest
from fake_connectors import FakeCrm, FakeLaw
from pydantic import SecretStr

from hub.api import PluginSettings
from hub.api.privacy import Opinion
from hub.errors import ConfigError, RetryLater
from hub.hookspecs import CrmHooks
from hub.testing import connect
from hub.testing.asking import ask_each, attempt, attempts


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException])
def test_a_hook_that_raises_what_is_no_exception_fails_its_check(error: type[BaseException]) -> None:
    connector = connect(FakeCrm)
    connector.script = [error("it ends here")]
    with pytest.raises(AssertionError, match=f"log_calls raised {error.__name__}"):
        attempt(connector, "log_calls", activities=[])


def test_calls_one_after_another_end_with_the_first_that_fails() -> None:
    connector = connect(FakeCrm)
    connector.pages = {"second": RetryLater("busy")}
    calls = [{"cursor": "first"}, {"cursor": "second"}, {"cursor": "third"}]
    first, second = attempts(connector, "pull_outcomes", calls)
    assert first.result.cursor == "first" and isinstance(second.error, RetryLater)
    assert connector.asked_cursors == ["first", "second"]
    with pytest.raises(AssertionError, match="pull_outcomes ended in RetryLater: busy"):
        ask_each(connector, CrmHooks.pull_outcomes, calls)


@pytest.mark.soak
def test_each_of_several_calls_has_its_own_time() -> None:
    """Together they wait for longer than one of them may."""
    law, opinion = connect(FakeLaw), Opinion(verdict="allow", rule_id="paper.allowed", reason="Nobody minds.")
    law.rule = lambda question: threading.Event().wait(0.4) or opinion
    replies = attempts(law, "judge", [{"question": None}] * 7)
    assert [each.result for each in replies] == [opinion] * 7


def test_a_setting_that_a_stand_in_lacks_is_named() -> None:
    class Settings(PluginSettings):
        account: int
        key: SecretStr

    class Strict(FakeCrm):
        pass

    Strict.Settings = Settings  # type: ignore[assignment]
    with pytest.raises(ConfigError) as failure:
        connect(Strict, account="secret-4711")
    assert str(failure.value) == (
        "Settings do not take these settings: Settings.account: Input should be a valid integer, unable to parse string as an "
        "integer; Settings.key: Field required."
    )
