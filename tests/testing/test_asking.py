"""`hub certify` calls hooks so that whatever a plugin raises fails one check, and ends nothing."""

from __future__ import annotations

import pytest
from fake_connectors import FakeCrm

from hub.testing import connect
from hub.testing.asking import attempt


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException])
def test_a_hook_that_raises_what_is_no_exception_fails_its_check(error: type[BaseException]) -> None:
    connector = connect(FakeCrm)
    connector.script = [error("it ends here")]
    with pytest.raises(AssertionError, match=f"log_calls raised {error.__name__}"):
        attempt(connector, "log_calls", activities=[])
