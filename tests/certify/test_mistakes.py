"""An author's mistakes: for each, a promise fails with a sentence that names it.

What plugin and stand-in do wrong alike is seen by requests and replies copied from the provider's documentation. The tables say
which mistakes nobody can see, and why.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from ads_mistakes import ADS
from carrier_mistakes import CARRIER
from crm_mistakes import CRM
from data_mistakes import ENRICHMENT, TRANSCRIPTION
from declared_mistakes import DECLARED_ADS
from mistaken_plugins import Mistake, Text, exchanges, forget, imported, new_file, new_plugin
from twiml_mistakes import TWIML

from hub.testing.certificate import Certificate, certify


@dataclass(frozen=True)
class Family:
    write: Callable[[Path], Text]
    mistakes: tuple[Mistake, ...]


FAMILIES: Mapping[str, Family] = {
    "ads": Family(partial(new_plugin, "ads"), ADS),
    "ads in one file": Family(partial(new_file, "ads"), DECLARED_ADS),
    "crm": Family(partial(new_plugin, "crm"), CRM),
    "carrier": Family(partial(new_plugin, "carrier"), CARRIER),
    "twiml": Family(partial(new_file, "carrier"), TWIML),
    "enrichment": Family(partial(new_plugin, "enrichment"), ENRICHMENT),
    "transcription": Family(partial(new_plugin, "transcription"), TRANSCRIPTION),
}
ONLY_OF_A_MISTAKE = {"An erasure that asked nobody erased nothing", "A webhook that was signed long ago is refused"}
"""Promises of what the plugin without a mistake does not have: a hook, a signed time."""
ALL = [(name, each) for name, family in FAMILIES.items() for each in family.mistakes]
CAUGHT = [(name, each) for name, each in ALL if each.is_caught]
UNSEEN = [(name, each) for name, each in ALL if not each.is_caught]
Certified = Callable[[str, Mistake | None, str], Certificate]


def named(rows: list[tuple[str, Mistake]]) -> list[str]:
    return [f"{family}: {each.name}" for family, each in rows]


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    """The certificate of a family's plugin with a mistake, or without."""
    folder = tmp_path_factory.mktemp("mistakes")
    sys.path.insert(0, str(folder))
    texts: dict[str, Text] = {}
    documented: dict[str, Path] = {}
    names = iter(range(10_000))

    def run(family: str, mistake: Mistake | None, only: str) -> Certificate:
        if family not in texts:
            texts[family] = FAMILIES[family].write(folder / f"written {family}")
            documented[family] = exchanges(family, folder / f"written {family}", folder / f"exchanges of {family}")
        name = f"mistaken_{next(names)}"
        text = mistake.applied(texts[family]) if mistake else texts[family]
        try:
            return certify(imported(text, name, folder), only=only, exchanges=documented[family])
        finally:
            forget(name)

    yield run
    sys.path.remove(str(folder))


@pytest.mark.parametrize(("family", "mistake"), CAUGHT, ids=named(CAUGHT))
def test_the_author_of_a_mistake_reads_what_is_wrong(certified: Certified, family: str, mistake: Mistake) -> None:
    said = [proof.detail for proof in certified(family, mistake, mistake.promise).failed()]
    assert [each for each in said if mistake.says in each], said


@pytest.mark.soak
@pytest.mark.parametrize("family", FAMILIES)
def test_a_plugin_without_a_mistake_keeps_the_promises_that_catch_them(
    certified: Certified, family: str, capfd: pytest.CaptureFixture[str]
) -> None:
    certificate = certified(family, None, "")
    assert certificate.failed() == () and certificate.passed and len(certificate.proofs) >= 18
    assert capfd.readouterr().out == "", "the suite prints nothing of its own"
    proved = {proof.promise for proof in certificate.proofs if proof.verdict == "proved"}
    catching = {each.promise for each in FAMILIES[family].mistakes if each.is_caught}
    assert family != "crm" or "A person's name is corrected and twice is no error" in proved
    assert certificate.vendor.exchanges
    assert catching - proved <= ONLY_OF_A_MISTAKE


def test_most_mistakes_are_caught() -> None:
    assert len(CAUGHT) >= 190 and len(UNSEEN) <= 2


@pytest.mark.soak
@pytest.mark.parametrize(("family", "mistake"), UNSEEN, ids=named(UNSEEN))
def test_a_mistake_that_nobody_can_see_is_one_still(certified: Certified, family: str, mistake: Mistake) -> None:
    """If this fails, a promise has learnt to see it: give the mistake its sentence."""
    assert mistake.says, "say why nobody can see it"
    assert certified(family, mistake, "").failed() == ()
