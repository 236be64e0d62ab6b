"""A certificate is signed by a plugin's author for one wheel; `hub plugins add` refuses one that does not match."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from commands import CliRunner
from plugin_wheels import PluginShop, source, wheel

from hub.cli import app
from hub.cli.plugins import certify
from hub.errors import CannotDo
from hub.plugin_host.packages.certificate_file import (
    ENDING,
    SignedCertificate,
    VendorExchanges,
    new_signing_key,
    read_certificate,
    sign,
)
from hub.testing.certificate import Certificate, Proof

PROOFS = (Proof("It starts", "proved"), Proof("It ends", "proved"), Proof("It is dry", "does not apply"))
CHANGES: dict[str, object] = {
    "plugin": "bcme",
    "kind": "crm",
    "distribution": "other",
    "version": "2.0",
    "wheel_sha256": "0" * 64,
    "suite": "9.9",
    "api": "9",
    "certified_on": date(2030, 1, 1).isoformat(),
    "verdicts": {"proved": 99},
    "failed": ["It starts"],
}

_CERTIFICATES: dict[tuple[bytes, str, tuple[Proof, ...]], bytes] = {}
"""By wheel, key and proofs."""
_first_key = cache(new_signing_key)


class Author:
    """An author with a key, who certifies wheels; the suite itself is not run here."""

    def __init__(self, shop: PluginShop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shop = shop
        self.proofs = PROOFS
        self.key = shop.folder / "author.key"
        monkeypatch.setattr(
            certify, "prove", lambda made, *_: Certificate(made.manifest.name, "ads", "1.0", self.proofs)
        )

    def make_key(self) -> None:
        self.key.unlink(missing_ok=True)
        self.key.write_text(new_signing_key())

    def sign(self, file: Path) -> Path:
        """The certificate of a wheel; the same wheel is certified once for all tests."""
        if not self.key.exists():
            self.key.write_text(_first_key())
        made = file.with_name(file.name + ENDING)
        signed = (file.read_bytes(), self.key.read_text(), self.proofs)
        if signed not in _CERTIFICATES:
            self.shop.run("certify", "--file", file, "--sign", self.key)
            _CERTIFICATES[signed] = made.read_bytes()
        made.write_bytes(_CERTIFICATES[signed])
        return made


@pytest.fixture
def author(shop: PluginShop, monkeypatch: pytest.MonkeyPatch) -> Author:
    return Author(shop, monkeypatch)


def test_a_certificate_of_before_exchanges_still_holds(tmp_path: Path) -> None:
    signed = sign(CHANGES, new_signing_key().encode())
    assert signed.vendor is None and b"vendor" not in signed.signed_bytes()
    older = tmp_path / "acme.certificate.json"
    older.write_text(signed.model_dump_json(exclude={"vendor"}))
    assert read_certificate(older).sentence == signed.sentence
    newer = sign({**CHANGES, "vendor": VendorExchanges(exchanges=3)}, new_signing_key().encode())
    older.write_text(newer.model_dump_json().replace('"exchanges":3', '"exchanges":300'))
    with pytest.raises(CannotDo, match="changed after it was signed"):
        read_certificate(older)


def test_a_certificate_beside_the_wheel_is_shown_and_kept(shop: PluginShop, author: Author) -> None:
    file = wheel(shop.folder)
    found = SignedCertificate.model_validate_json(author.sign(file).read_bytes())
    assert found.verdicts == {"does not apply": 1, "proved": 2} and found.passed
    said = shop.ok("plugins", "add", file)
    assert "2 of 2 promises proved on" in said and found.key_id in said
    assert "held against nothing of the vendor" in said
    [row] = [each for each in json.loads(shop.ok("plugins", "list", "--json"))["plugins"] if each["name"] == "acme"]
    assert row["passed"] is True and found.key_id in row["certificate"]


def test_a_certificate_of_another_place_is_named_with_an_option(shop: PluginShop, author: Author) -> None:
    file = wheel(shop.folder)
    elsewhere = author.sign(file).rename(shop.folder / "elsewhere.json")
    assert "2 of 2 promises" in shop.ok("plugins", "add", file, "--certificate", elsewhere)


def test_failed_promises_are_listed(shop: PluginShop, author: Author) -> None:
    author.proofs = (*PROOFS, Proof("Nothing is sent twice", "failed", "it was"))
    file = wheel(shop.folder)
    author.sign(file)
    said = shop.ok("plugins", "add", file)
    assert "2 of 3 promises" in said and "✗ Nothing is sent twice" in said


@pytest.mark.parametrize("field", CHANGES)
def test_a_certificate_that_was_changed_in_one_field_is_refused(shop: PluginShop, author: Author, field: str) -> None:
    file = wheel(shop.folder)
    _change(author.sign(file), field, CHANGES[field])
    assert "its signature does not match" in shop.refused("plugins", "add", file)


@pytest.mark.parametrize(
    ("field", "value"),
    [("signature", ""), ("signature", "AAAA"), ("key", "AAAA"), ("format", 2), ("more", "x"), ("wheel_sha256", "x")],
)
def test_what_is_not_a_certificate_is_refused(shop: PluginShop, author: Author, field: str, value: object) -> None:
    file = wheel(shop.folder)
    _change(author.sign(file), field, value)
    said = shop.refused("plugins", "add", file)
    assert "is not a certificate" in said or "does not match" in said


def test_a_certificate_that_somebody_else_signs_anew_names_their_key(shop: PluginShop, author: Author) -> None:
    file = wheel(shop.folder)
    first = SignedCertificate.model_validate_json(author.sign(file).read_bytes())
    author.make_key()
    second = SignedCertificate.model_validate_json(author.sign(file).read_bytes())
    assert first.key_id != second.key_id


def test_the_certificate_of_another_wheel_is_refused(shop: PluginShop, author: Author, tmp_path: Path) -> None:
    other = wheel(shop.folder, code=source(detail="'Another build.'"))
    certificate = author.sign(other).rename(tmp_path / "other.json")
    file = wheel(shop.folder)
    assert "the certificate of another wheel" in shop.refused("plugins", "add", file, "--certificate", certificate)


def test_an_update_without_the_signature_of_the_same_key_waits_for_a_person(shop: PluginShop, author: Author) -> None:
    file = wheel(shop.folder)
    author.sign(file)
    shop.ok("plugins", "add", file)
    unsigned = wheel(shop.folder, version="1.1", code=source(version="1.1"))
    done = shop.run("plugins", "update", "acme", unsigned)
    assert done.exit_code == 1 and "Signed by" in done.output and "nobody" in done.output
    author.sign(unsigned)
    assert "1.1 is used from now on" in shop.ok("plugins", "update", "acme", unsigned)


def test_a_plugin_that_was_added_is_certified_and_signed_by_its_name(
    shop: PluginShop, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.folder)
    shop.ok("plugins", "add", wheel(shop.folder))
    author.make_key()
    shop.ok("certify", "acme", "--sign", author.key)
    assert (shop.folder / f"ringfence_acme-1.0-py3-none-any.whl{ENDING}").exists()


def test_only_wheels_are_signed_and_only_with_a_key(shop: PluginShop, author: Author) -> None:
    file = shop.folder / "acme.py"
    file.write_text(source())
    assert "from a wheel" in shop.refused("certify", "--file", file, "--sign", author.key)
    packed = wheel(shop.folder)
    assert "make a key" in shop.refused("certify", "--file", packed, "--sign", author.key)
    author.key.write_text("no key")
    assert "no Ed25519 key" in shop.refused("certify", "--file", packed, "--sign", author.key)


def test_a_new_key_is_for_its_owner_alone_and_replaces_none(shop: PluginShop) -> None:
    key = shop.folder / "my.key"
    assert CliRunner().invoke(app, ["plugins", "new-key", str(key)]).exit_code == 0
    assert key.stat().st_mode & 0o077 == 0 and "PRIVATE KEY" in key.read_text()
    assert "already exists" in str(CliRunner().invoke(app, ["plugins", "new-key", str(key)]).exception)


def _change(file: Path, field: str, value: object) -> None:
    tree: dict[str, Any] = json.loads(file.read_text())
    file.write_text(json.dumps({**tree, field: value}))
