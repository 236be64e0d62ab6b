"""A wheel that could do more than hold a plugin is refused with one sentence, before anything of it is unpacked."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from plugin_wheels import PluginShop, wheel

from hub.plugin_host.packages import wheel as wheels

INSIDE = "ringfence_acme-1.0"
WRONG_MEMBERS = {
    "start.pth": "Python would run a .pth file",
    "ringfence_acme/deep/start.PTH": "Python would run a .pth file",
    "hub/plugin_host/host/audit_hook.py": "a package named hub",
    "plugins/ads/over/__init__.py": "a package named plugins",
    "httpx2/__init__.py": "a package named httpx2",
    "pydantic.py": "a package named pydantic",
    "json/__init__.py": "a package named json",
    "sitecustomize.py": "a package named sitecustomize",
    "/etc/cron.d/acme": "outside of its own folder",
    "../../secret.key": "outside of its own folder",
    "ringfence_acme/../../x.py": "outside of its own folder",
    "ringfence_acme\\..\\x.py": "outside of its own folder",
    "C:/windows/x.py": "outside of its own folder",
    f"{INSIDE}.data/scripts/acme": "outside of its own package",
    f"{INSIDE}.data/data/etc/acme": "outside of its own package",
    f"{INSIDE}.data/purelib/hub/x.py": "outside of its own package",
    f"{INSIDE}.data/headers/x.h": "outside of its own package",
    "other-2.0.dist-info/METADATA": "exactly one .dist-info folder",
    "Ringfence_Acme/__init__.py": "twice",
}


@pytest.mark.parametrize("member", WRONG_MEMBERS)
def test_a_wheel_is_refused_for_a_file_that_does_not_belong_into_it(shop: PluginShop, member: str) -> None:
    said = shop.refused("plugins", "add", wheel(shop.folder, files={member: "x"}))
    assert WRONG_MEMBERS[member] in said and said.count(". ") <= 1
    _nothing_is_there(shop)


def test_a_wheel_with_a_link_is_refused(shop: PluginShop) -> None:
    file = wheel(shop.folder)
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("ringfence_acme/link.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "a link or a special file" in shop.refused("plugins", "add", file)
    _nothing_is_there(shop)


WRONG_WHEELS: dict[str, tuple[dict[str, Any], str]] = {
    "another group": ({"points": "[console_scripts]\nacme = ringfence_acme:main\n"}, "no entry point in the group"),
    "no entry points": ({"points": ""}, '[project.entry-points."ringfence.plugins"] acme = "ringfence_acme:Acme"'),
    "two plugins": (
        {"points": "[ringfence.plugins]\nacme = ringfence_acme:Acme\nbcme = ringfence_acme:Acme\n"},
        "2 entry points",
    ),
    "a built-in's name": ({"points": "[ringfence.plugins]\ntwilio = ringfence_acme:Acme\n"}, "which is built in"),
    "a class elsewhere": ({"points": "[ringfence.plugins]\nacme = os:system\n"}, "not a class in its package"),
    "no class": ({"points": "[ringfence.plugins]\nacme = ringfence_acme\n"}, "not a class in its package"),
    "an expression": ({"points": "[ringfence.plugins]\nacme = ringfence_acme:x()\n"}, "not a class in its package"),
    "a newer Python": ({"metadata": "Requires-Python: >=3.99\n"}, "needs Python >=3.99"),
    "an older Python": ({"metadata": "Requires-Python: <3\n"}, "needs Python <3"),
    "another ABI": ({"tag": "cp27-cp27mu-win32"}, "built for cp27-cp27mu-win32"),
    "a newer hub": ({"metadata": "Requires-Dist: ringfence>=99\n"}, "this hub has"),
    "an older library": ({"metadata": "Requires-Dist: httpx2<0.1\n"}, "ask its author for a version"),
    "an address": ({"metadata": "Requires-Dist: helper @ https://x.example/h.whl\n"}, "from an address"),
    "a wrong requirement": ({"metadata": "Requires-Dist: (((\n"}, "a requirement that cannot be read"),
    "another plugin": ({"points": "[ringfence.plugins]\nbcme = ringfence_acme:Acme\n"}, "its manifest is named 'acme'"),
    "broken code": (
        {"code": "x = ("},
        "cannot be used: it cannot be imported (SyntaxError at ringfence_acme/__init__.py:1",
    ),
}


@pytest.mark.parametrize("case", WRONG_WHEELS)
def test_a_wheel_is_refused_for_what_it_says_of_itself(shop: PluginShop, case: str) -> None:
    options, sentence = WRONG_WHEELS[case]
    assert sentence in shop.refused("plugins", "add", wheel(shop.folder, **options))
    _nothing_is_there(shop)


@pytest.mark.parametrize(
    ("hash_", "sentence"),
    [("sha256:" + "0" * 64, "not the one that you gave"), ("sha256:12", "64 hexadecimal digits"), ("md5:x", "sha256:")],
)
def test_a_wheel_with_another_hash_is_refused(shop: PluginShop, hash_: str, sentence: str) -> None:
    assert sentence in shop.refused("plugins", "add", wheel(shop.folder), "--hash", hash_)
    _nothing_is_there(shop)


@pytest.mark.parametrize(
    ("bound", "value", "sentence"),
    [
        ("MAX_WHEEL_BYTES", 100, "is larger than"),
        ("MAX_FILES", 3, "holds more than 3 files"),
        ("MAX_UNPACKED_BYTES", 2_000_000, "would take more than 2 MB"),
    ],
)
def test_a_wheel_that_would_fill_the_disk_is_refused(
    shop: PluginShop, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, sentence: str
) -> None:
    monkeypatch.setattr(wheels, bound, value)
    file = wheel(shop.folder, files={"ringfence_acme/zeros.bin": b"\0" * 3_000_000})
    assert sentence in shop.refused("plugins", "add", file)
    _nothing_is_there(shop)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("acme.whl", b"PK", "does not have the name of a wheel"),
        ("acme-1.0-py3-none-any.whl", b"no zip file", "is damaged or not a wheel"),
        ("missing-1.0-py3-none-any.whl", None, "cannot be read (No such file or directory)"),
    ],
)
def test_what_is_no_wheel_is_refused(shop: PluginShop, name: str, content: bytes | None, sentence: str) -> None:
    file = shop.folder / name
    if content is not None:
        file.write_bytes(content)
    assert sentence in shop.refused("plugins", "add", file)


def test_a_wheel_that_was_damaged_on_its_way_is_refused(shop: PluginShop) -> None:
    file = wheel(shop.folder)
    content = bytearray(file.read_bytes())
    content[content.index(b"Acme's ad network")] ^= 1
    file.write_bytes(content)
    assert "is damaged" in shop.refused("plugins", "add", file)
    _nothing_is_there(shop)


def _nothing_is_there(shop: PluginShop) -> None:
    left: list[Path] = [each for each in shop.plugins.rglob("*") if each.is_file()] if shop.plugins.exists() else []
    assert not left and not (shop.folder.parent / "secret.key").exists()
