"""A plugin that keeps its promises is certified, and a certificate says what was seen of one that does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from proving import FORMS, Tame

from hub.testing.certificate import certify

pytestmark = pytest.mark.soak
WITH_MISTAKES = {"ads", "ads_file", "carrier", "carrier_file", "crm", "enrichment", "transcription"}
"""Their certificates are looked at in tests/certify/test_mistakes.py."""


@pytest.mark.parametrize("form", sorted(FORMS.keys() - WITH_MISTAKES))
def test_a_new_plugin_of_each_kind_and_form_is_certified(
    plugins: Mapping[str, Tame], form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    certificate = certify(plugins[form].connector_class)
    assert certificate.failed() == ()
    assert certificate.passed and len(certificate.proofs) >= 18
    assert capfd.readouterr().out == "", "the suite prints nothing of its own"
