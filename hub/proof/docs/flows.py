"""The part of docs/flows.md that says which carrier can do which step, and within which limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.contracts.manifest import Manifest
from hub.proof.docs.config import built_in
from hub.proof.docs.markdown import table

Cell = Callable[[Manifest], str]
MOST = {
    "ring_seconds": "up to {} s",
    "key_seconds": "up to {} s",
    "message_seconds": "up to {} s",
    "talk_seconds": "up to {} s",
    "phones": "up to {} phones",
    "text_bytes": "up to {} bytes",
    "document_bytes": "up to {} bytes",
}


def _row(ability: str, limit: str = "") -> Cell:
    def cell(manifest: Manifest) -> str:
        if ability and ability not in manifest.abilities:
            return "no"
        most = getattr(manifest.call_limits, limit) if limit else None
        return MOST[limit].format(f"{most:,}") if most is not None else "yes" if ability else "no limit"

    return cell


def _all_of(*abilities: str) -> Cell:
    return lambda manifest: "yes" if set(abilities) <= set(manifest.abilities) else "no"


ROWS: Sequence[tuple[str, Cell]] = (
    ("`greeting`, `hang_up` and other texts, each", _row("say", "text_bytes")),
    ("`play:` a file", _row("play")),
    ("`dial`, `round_robin`", _row("dial", "ring_seconds")),
    ("`simulcall`, `also:`", _row("dial_several", "phones")),
    ("`phone:NAME` among the phones", _row("phone")),
    ("`queue`", _all_of("dial", "gather", "play", "say")),
    ("`whisper:`", _row("whisper")),
    ("`accept: key` at `dial`, `round_robin`", _row("accept")),
    ("`accept: key` at `simulcall`, with `also:`", _row("accept_several")),
    ("`time_limit:`", _row("time_limit", "talk_seconds")),
    ("`busy:` apart from `no_answer:`", _row("dial")),
    ("`record:`", _row("record")),
    ("`end:` of `recording:`", _row("end_recording")),
    ("`menu`, `zip_route`, and the choice about a recording", _row("gather", "key_seconds")),
    ("`#` among the keys of a `menu`", _row("gather_hash")),
    ("`voicemail`", _row("message", "message_seconds")),
    ("`schedule`, `geo_route`, `attribution_route`, `split`, `tag`, `text_back`", _row("dial")),
    ("`converse`", _all_of("say", "gather", "converse")),
    ("`messages`, `sign_in`", _row("gather")),
    ("all that is said until the call waits for a person", _row("", "document_bytes")),
)


def carriers_part() -> str:
    """The table, and the languages of each carrier."""
    carriers = sorted(
        (each.manifest for each in built_in().values() if each.manifest.kind == "carrier"), key=lambda each: each.label
    )
    rows = [(name, *(cell(manifest) for manifest in carriers)) for name, cell in ROWS]
    spoken = [
        f"- {manifest.label}: {', '.join(sorted(manifest.call_limits.languages)) or 'those of the voices on its machine'}"
        for manifest in carriers
    ]
    intro = "Languages of `language:`, of a flow or a step; another variant of one is spoken as the usual one of the carrier:"
    return "\n".join((table(("Step", *(each.label for each in carriers)), rows), "", intro, "", *spoken))
