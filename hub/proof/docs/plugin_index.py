"""The index of plugins of others in docs/plugins.md, made from the certificate files in docs/plugins/."""

from __future__ import annotations

from pathlib import Path

from hub.plugin_host.packages.certificate_file import ENDING, read_certificate
from hub.proof.docs.markdown import table

FOLDER = Path(__file__).parents[3] / "docs" / "plugins"
EMPTY = (
    "No plugin of others is listed yet. To list yours, propose its certificate file for `docs/plugins/`; this table is made "
    "from the files there, after their signatures were checked."
)
COLUMNS = ("Plugin", "Package", "Kind", "Promises", "Suite", "On", "Key", "SHA-256 of the wheel")


def plugin_index(folder: Path = FOLDER) -> str:
    """A row for each certificate file, by plugin and version. CannotDo if the signature of one is wrong."""
    found = [read_certificate(file) for file in folder.glob(f"*{ENDING}")]
    rows = [
        (
            f"`{each.plugin}`",
            f"{each.distribution} {each.version}",
            each.kind,
            f"{each.verdicts.get('proved', 0)} proved, {each.verdicts.get('failed', 0)} failed",
            each.suite,
            str(each.certified_on),
            f"`{each.key_id}`",
            f"`{each.wheel_sha256}`",
        )
        for each in sorted(found, key=lambda each: (each.plugin, each.version))
    ]
    return table(COLUMNS, rows) if rows else EMPTY
