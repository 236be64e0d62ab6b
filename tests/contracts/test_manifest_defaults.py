"""What a manifest leaves out is as most plugins of its kind have it, and stands in it like what its author wrote."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hub.api import DataFlow, Manifest, Recipient, Share
from hub.api.ads import ClickId
from hub.contracts.third_parties import is_sale_or_sharing

HASHED = Share(field="email", transform="sha256_email")


def manifest(**changes: Any) -> Manifest:
    return Manifest(name="acme_ads", kind="ads", version="1", recipient=Recipient(name="Acme Inc."), **changes)


def test_an_ad_network_says_only_what_differs_and_its_manifest_says_all() -> None:
    made = manifest(
        hosts=("api.acme.example.com",), shares=(HASHED,), click_ids=(ClickId(parameter="acme_id", source="acme"),)
    )
    (flow,) = made.flows
    assert (flow.hook, flow.use) == ("upload_conversions", "marketing.advertising.third_party.targeted")
    assert flow.shares == (Share(field="click_ids", keys=("acme_id",)), HASHED)
    assert made.shares == (), "there is one place to read what is shared"
    assert made.auth.kind == "api_key"
    assert not made.deletion.supported
    assert made.deletion.note == (
        "The plugin has no way to delete, change or take back a conversion that Acme ads has received."
    )
    assert "no way to delete or take back" in manifest(abilities=("restate",)).deletion.note
    assert "no way to delete a conversion" in manifest(abilities=("restate", "retract")).deletion.note
    assert made.retention == "as long as Acme ads keeps conversions"
    assert made.summary == "Reports to Acme ads which clicks on its ads became calls and sales."


def test_what_the_author_writes_comes_before_what_the_kind_has() -> None:
    clicks = Share(field="click_ids", keys=("gclid",))
    made = manifest(
        title="Acme", summary="Own words.", shares=(clicks,), click_ids=(ClickId(parameter="acme_id", source="acme"),)
    )
    assert (made.summary, made.flows[0].shares) == ("Own words.", (clicks,))
    assert "that Acme has received" in made.deletion.note


@pytest.mark.parametrize("kind", ["carrier", "crm", "enrichment", "transcription", "consent"])
def test_a_manifest_that_says_nothing_of_what_is_kept_claims_nothing(kind: str) -> None:
    def made(role: Any) -> Manifest:
        recipient = Recipient(name="Acme Inc.", role=role)
        return Manifest(name="acme", kind=kind, version="1", summary="Acme.", recipient=recipient)  # type: ignore[arg-type]

    for role in ("processor", "independent_controller"):
        silent = made(role)
        assert silent.retention == "the plugin does not say"
        assert not silent.deletion.supported
        assert silent.deletion.sentence == "The plugin does not say whether it can be deleted there."
    assert (made("none").retention, made("none").deletion.supported) == ("not kept", True)


def test_a_recipient_of_which_nothing_is_said_decides_for_itself_so_that_sending_there_is_sharing() -> None:
    made = manifest(shares=(HASHED,))
    assert is_sale_or_sharing(made.recipient.role, made.flows[0].use)
    assert is_sale_or_sharing(made.recipient.role, "sales")


@pytest.mark.parametrize(
    ("kind", "hook", "use"),
    [
        ("crm", "log_calls", "sales"),
        ("enrichment", "enrich_caller", "essential.service"),
        ("transcription", "transcribe", "functional.service"),
    ],
)
def test_the_shares_of_each_kind_are_those_of_its_main_hook(kind: Any, hook: str, use: str) -> None:
    made = Manifest(
        name="acme", kind=kind, version="1", summary="Acme.", recipient=Recipient(name="Acme Inc."),
        shares=(Share(field="phone_number"),), flows=(DataFlow(hook="erase_person"),),
    )  # fmt: skip
    assert [(flow.hook, flow.use) for flow in made.flows] == [
        (hook, use),
        ("erase_person", "essential.legal_obligation"),
    ]


def test_a_manifest_that_was_written_out_is_read_back_as_it_was() -> None:
    made = manifest(shares=(HASHED,))
    assert Manifest.model_validate(made.model_dump()) == made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"shares": (HASHED,), "flows": (DataFlow(hook="upload_conversions"),)},
            "in `shares` or in `flows`, not in both",
        ),
        ({"kind": "carrier", "summary": "Acme.", "shares": (HASHED,)}, "declare `flows` for each hook"),
        ({"kind": "enrichment"}, "summary"),
    ],
)
def test_a_manifest_that_says_too_much_or_too_little_is_refused_with_the_reason(
    changes: dict[str, Any], words: str
) -> None:
    base = {"name": "acme", "kind": "ads", "version": "1", "recipient": Recipient(name="Acme Inc.")}
    with pytest.raises(ValidationError, match=words):
        Manifest(**{**base, **changes})


def test_a_hook_without_a_use_of_its_own_needs_one() -> None:
    with pytest.raises(ValidationError, match="unknown data use"):
        DataFlow(hook="send_text")


def test_a_crm_says_what_it_does_in_the_words_of_its_kind() -> None:
    manifest = Manifest(name="acme_crm", kind="crm", version="1", title="Acme", recipient=Recipient(name="Acme Inc."))
    assert manifest.summary == "Logs calls in Acme and brings its deals back as outcomes."
