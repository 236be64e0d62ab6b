"""`hub certify` calls hooks so that whatever a plugin raises fails one check, and ends nothing."""

from __future__ import annotations

import pytest
from fake_connectors import FakeCrm
from pydantic import SecretStr

from hub.api import PluginSettings
from hub.errors import ConfigError
from hub.testing import connect
from hub.testing.asking import attempt


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException])
def test_a_hook_that_raises_what_is_no_exception_fails_its_check(error: type[BaseException]) -> None:
    connector = connect(FakeCrm)
    connector.script = [error("it ends here")]
    with pytest.raises(AssertionError, match=f"log_calls raised {error.__name__}"):
        attempt(connector, "log_calls", activities=[])


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
