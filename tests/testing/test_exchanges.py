"""A plugin and its stand-in are held against requests and replies of the vendor, and what differs is named with its line."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.contracts.hearing import HeardRequest
from hub.hookspecs import SPECS
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.load import class_in_file
from hub.plugin_host.packages.certificate_file import VendorExchanges
from hub.testing.certificate import certify
from hub.testing.exchanges import (
    ExchangeChecks,
    ExchangeError,
    exchange_folder,
    exchange_paths,
    held_against,
    read_exchange_file,
)
from hub.testing.exchanges.exchange_checks import DocumentedReplies, unlikeness
from hub.testing.exchanges.exchange_file import KNOWN, filled
from hub.testing.exchanges.messages import Place
from hub.testing.exchanges.shapes import deviations, differences
from hub.testing.scaffold import write_plugin

Check = Callable[[str], None]
HEAD = "# source: https://api.tame-net.example.com/docs\n# read: 2026-11-30\n"
REQUEST = "POST https://api.tame-net.example.com/v1/accounts/{{account_id}}/conversions HTTP/1.1\n"
BODY = 'Authorization: Bearer {{access_token}}\nContent-Type: application/json\n\n{"rows": [{"id": "a"}]}\n\n'
REPLY = 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"taken": 1}\n'


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeChecks]:
    """The ad network that `hub new-plugin` writes, with its stand-in."""
    folder = tmp_path_factory.mktemp("documented") / "net"
    write_plugin("ads", "tame_net", folder, package=False)
    network = class_in_file(folder / "tame_net.py")
    checks = ExchangeChecks(network, network.sandbox_class())
    yield checks
    checks.stop()


@pytest.fixture
def check(documented: ExchangeChecks, tmp_path: Path) -> Check:
    """Hold the network against a file with this text."""

    def run(text: str) -> None:
        path = tmp_path / "upload.http"
        path.write_text(text, encoding="utf-8")
        documented.check(read_exchange_file(path))

    return run


def upload_example(documented: ExchangeChecks) -> str:
    """The example that came with the plugin."""
    (path,) = exchange_paths(exchange_folder(documented.connector_class))
    return path.read_text(encoding="utf-8")


def test_the_example_of_a_new_plugin_holds(documented: ExchangeChecks, check: Check) -> None:
    check(upload_example(documented))


def test_the_example_of_the_documentation_holds_for_a_new_plugin(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")
    write_plugin("ads", "acme_ads", tmp_path / "acme", package=False)
    network = class_in_file(tmp_path / "acme" / "acme_ads.py")
    path = tmp_path / "two_calls.http"
    path.write_text(page.split("two_calls.http -->\n```http\n")[1].split("```")[0], encoding="utf-8")
    checks = ExchangeChecks(network, network.sandbox_class())
    try:
        checks.check(read_exchange_file(path))
    finally:
        checks.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (REQUEST + BODY + REPLY, "line 1: say where the facts are from"),
        (HEAD.replace("2026-11-30", "today") + REQUEST + BODY + REPLY, "line 1: say on which day the source was read"),
        (HEAD, "line 1: the file holds no request"),
        (HEAD + "POST /v1/conversions\n\n{}", "line 3: a request begins with `METHOD ADDRESS HTTP/1.1`"),
        (HEAD + "POST /v1/conversions HTTP/1.1\n" + BODY + REPLY, "line 3: the request has no Host"),
        (HEAD + REQUEST + "\n{}\n\n" + REPLY, "line 3: the message has a body but no Content-Type"),
        (HEAD + REQUEST + "x\n\n" + REPLY, "line 4: this is not a header; leave an empty line before the body"),
        (HEAD + REQUEST + BODY, "line 3: the request has no reply after it"),
        (HEAD + REPLY, "line 3: write each request with one reply after it"),
        (HEAD + "# hok: upload\n" + REQUEST + BODY + REPLY, "line 3: 'hok' is no name of a comment"),
        (HEAD + REQUEST + BODY.replace("]}", "}") + REPLY, "line 7: this is no JSON: Expecting ',' delimiter"),
        (HEAD + REQUEST + BODY.replace("access_token", "acces_token") + REPLY, "line 3: nothing gives 'acces_token' a value"),
        (HEAD + "# stage: nothing\n" + REQUEST + BODY + REPLY, "line 3: neither stages.py nor the stand-in has 'nothing'"),
        (HEAD + "# stage: a b\n" + REQUEST + BODY + REPLY, "line 3: write a stage as"),
        (HEAD + "# stage: refuse {\"kez\": 1\n" + REQUEST + BODY + REPLY, "line 3: write a stage as"),
        (HEAD + "# hook: upload_texts\n" + REQUEST + BODY + REPLY, "line 3: the plugin has no hook 'upload_texts'"),
        (HEAD + REQUEST.replace("api.tame-net", "eu") + BODY + REPLY, "line 3: the manifest does not declare eu.example.com"),
        (HEAD + REQUEST + BODY + REPLY.replace("200 OK", "202 Accepted"), "the stand-in answers 200, documented is 202"),
        (HEAD + REQUEST + BODY + REPLY.replace("1}", '"1"}'), "line 9: the stand-in: taken is a number, documented is a text"),
        (HEAD + REQUEST + BODY + REPLY.replace("taken", "count"), "line 9: the stand-in: the reply lacks count;"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_named_with_its_line(check: Check, text: str, said: str) -> None:
    with pytest.raises(ExchangeError, match=r"upload\.http, ") as error:
        check(text)
    assert said in str(error.value)


def test_a_placeholder_may_have_an_empty_password_and_a_strange_one_is_named(tmp_path: Path) -> None:
    """As HTTP Basic of Close, whose user name is the key; a placeholder that is not understood was left as it stood."""
    place = Place(tmp_path / "me.http", 4)
    assert filled("{{key:}} {{key:id}} {{id}}", {"key": "k", "id": "7"}, place) == "azo= azo3 7"
    for strange in ("{{key: }}", "{{key:id:more}}", "{{}}", "{{the key}}"):
        with pytest.raises(ExchangeError, match=r"line 5: .* is no placeholder; write"):
            filled(f"GET /\n{strange}", {"key": "k"}, place)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"click_id": "click-0142"', '"click": "click-0142"', "rows.0.click_id is sent, but not documented"),
        ('"2026-11-24T14:00:00+00:00"', "1795528800", "rows.0.time is '2026-11-24T14:00:00+00:00', documented is 1795528800"),
        ('"phone_sha256": "', '"phone_sha256": "0', "rows.0.phone_sha256 is '4190048c4c41"),
        ('"value": 120.0', '"value": "120"', "rows.0.value is 120.0, documented is '120'"),
        ("Bearer {{access_token}}", "Bearer {{access_token}}\nX-Version: 2", "the header x-version is not sent"),
        ("POST https", "PUT https", "the stand-in answers 404, documented is 200"),
        ('"key": "rf-conv-81f2", "status": "delivered"', '"status": "retry"', "status is 'delivered' instead of 'retry'"),
        ("# conversions: [{", '# conversions: [{"cleck": 1, ', "conversions.0.cleck: Unexpected"),
        ("# dry_run", "# dry", "upload_conversions takes conversions, dry_run, not 'dry'"),
    ],
)  # fmt: skip
def test_what_the_plugin_does_otherwise_than_documented_is_named(
    documented: ExchangeChecks, check: Check, old: str, new: str, said: str
) -> None:
    text = upload_example(documented)
    assert old in text
    with pytest.raises(ExchangeError) as error:
        check(text.replace(old, new))
    assert said in str(error.value)


def test_what_is_free_may_differ(documented: ExchangeChecks, check: Check) -> None:
    text = upload_example(documented).replace("2026-11-24T14:00:00+00:00", "2026-11-25T14:00:00+00:00")
    check(text.replace("# hook", "# free: time, authorization\n# hook"))
    with pytest.raises(ExchangeError, match=r"rows\.0\.time"):
        check(text)


def test_the_plugin_reads_the_documented_reply_not_that_of_its_stand_in(
    documented: ExchangeChecks, check: Check
) -> None:
    """The network took none of the rows, whatever the stand-in would say."""
    text = upload_example(documented).replace('{"taken": 1}', '{"taken": 0, "note?": "two are missing"}')
    check(text.replace('[{"key": "rf-conv-81f2", "status": "delivered"}]', '"RetryLater"'))
    with pytest.raises(ExchangeError, match="line 9: upload_conversions ended in RetryLater"):
        check(text)


def test_a_reply_that_differs_is_told() -> None:
    recorded = {"id": "1", "price": None, "items": [{"count": 1}], "sent": True, "at?": "x"}
    assert not list(differences(recorded, {"id": "2", "price": "1.15", "items": [], "sent": False}))
    found = list(differences(recorded, {"price": 1, "items": [{"count": "1"}], "sent": 1, "more": {}}))
    assert sorted(found) == [
        "items[0].count is a text, documented is a number",
        "sent is a number, documented is a boolean",
        "the reply has more, which is not documented",
        "the reply lacks id",
    ]


def test_a_result_is_compared_by_what_it_means() -> None:
    real = [{"value": {"amount": "1200.50"}, "at": "2026-11-24T14:00:00Z", "more": 1}]
    assert not list(deviations([{"value": {"amount": 1200.5}, "at": "2026-11-24T08:00:00-06:00"}], real, "it"))
    assert list(deviations([{"value": {"amount": "12.005"}}, {}], real, "it")) == [
        "it has 1 items instead of 2",
        "it[0].value.amount is '1200.50' instead of '12.005'",
    ]


WEBHOOK = """# source: https://api.tame-carrier.example.com/docs
# read: 2026-11-30
# now: 2026-11-24T14:00:00Z
# settings: {"webhook_secret": "the-secret-of-the-page"}
# stage: signed
# event: [{"kind": "ringing", "call_id": "call-1", "tracking_number": "+13125550100", "caller_number": "+13125550142"}]
POST https://calls.example.com/webhooks/tame_carrier/voice HTTP/1.1
Content-Type: application/json
X-Tame-Carrier-Signature: {{signature}}

{"id": "event-1", "type": "call.ringing", "time": "2026-11-24T08:00:00-06:00",
"call": {"id": "call-1", "from": "+13125550142", "to": "+13125550100"}}
"""
STAGE = """
def signed(sandbox):
    return {"signature": "SIGNATURE"}
"""


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExchangeChecks]:
    """The carrier that `hub new-plugin` writes."""
    write_plugin("carrier", "tame_carrier", tmp_path / "carrier")
    monkeypatch.syspath_prepend(tmp_path / "carrier")
    from ringfence_tame_carrier import TameCarrier

    checks = ExchangeChecks(TameCarrier, TameCarrier.sandbox_class())
    yield checks
    checks.stop()


def test_a_documented_webhook_is_verified_and_understood(carrier: ExchangeChecks, tmp_path: Path) -> None:
    url = b"https://calls.example.com/webhooks/tame_carrier/voice"
    body = WEBHOOK.split("\n\n", 1)[1].strip().encode()
    signature = hmac.new(b"the-secret-of-the-page", url + b"\n" + body, hashlib.sha256).hexdigest()
    path = tmp_path / "incoming_call.http"
    path.with_name("stages.py").write_text(STAGE.replace("SIGNATURE", signature))
    path.write_text(WEBHOOK)
    carrier.check(read_exchange_file(path))
    for text, said in (
        (WEBHOOK.replace("call-1", "call-2", 1), "line 6: the events[0].call_id is 'call-1' instead of 'call-2'"),
        (WEBHOOK.replace("event-1", "event-2"), "line 7: verify_webhook ended in BadSignature"),
        (WEBHOOK.replace("event-1", "event-2").replace("# settings", "# unsigned: none is shown\n# settings"), ""),
        (WEBHOOK.replace("ringing", "unheard"), "line 7: verify_webhook ended in BadSignature"),
    ):
        path.write_text(text)
        if said:
            with pytest.raises(ExchangeError) as error:
                carrier.check(read_exchange_file(path))
            assert said in str(error.value)
        else:
            carrier.check(read_exchange_file(path))


def test_no_argument_of_a_hook_has_the_name_of_another_comment() -> None:
    assert not {name for spec in SPECS.values() for name in spec.arguments} & KNOWN


def test_a_certificate_says_what_the_plugin_was_held_against(documented: ExchangeChecks) -> None:
    network = documented.connector_class
    folder = exchange_folder(network)
    held = held_against(network, folder, {"Plugin and stand-in are as the vendor documents (upload)"})
    assert held.exchanges == 1 and held.words == "held against 1 exchange of the vendor"
    assert held.sources == ("https://api.tame-net.example.com/docs/conversions",)
    assert held.oldest == held.newest == read_exchange_file(exchange_paths(folder)[0]).read_on > date(2026, 1, 1)
    assert held_against(network, folder, ()).words == "held against nothing of the vendor"
    assert "no vendor" in VendorExchanges(has_vendor=False).words


def test_the_plugins_of_one_folder_have_exchanges_of_their_own(documented: ExchangeChecks) -> None:
    network = documented.connector_class
    beside = exchange_folder(network)
    assert beside is not None and beside.name == "exchanges"
    own = beside / "tame_net"
    own.mkdir()
    assert exchange_folder(network) == own and exchange_paths(own) == []
    own.rmdir()


def test_each_plugin_of_ours_with_a_vendor_is_held_against_it() -> None:
    classes = discover().classes.values()
    without = {
        each.manifest.name for each in classes if each.manifest.hosts and not exchange_paths(exchange_folder(each))
    }
    assert without == set()
    for path in (path for each in classes for path in exchange_paths(exchange_folder(each))):
        source = read_exchange_file(path).text("source")
        assert re.search(r"[a-z0-9-]+\.[a-z]{2,}/", source), (
            f"{path}: give the address of the page, not only {source!r}"
        )


BYTES = bytes(range(256)) * 2
SENT = HeardRequest("POST", "/v1/audio", "", {"content-type": "audio/wav"}, BYTES)
AUDIO = HEAD + "POST https://api.example.com/v1/audio HTTP/1.1\nContent-Type: audio/wav\n\n{body}\n\n" + REPLY


@pytest.mark.parametrize("body", ['{"base64": "WHOLE"}', '{"base64":\n "HALF\n REST"}', "< call.wav"])
def test_a_body_of_bytes_is_written_in_base64_or_in_a_file_beside_the_exchange(body: str, tmp_path: Path) -> None:
    text = base64.b64encode(BYTES).decode()
    for word, part in (("WHOLE", text), ("HALF", text[:100]), ("REST", text[100:])):
        body = body.replace(word, part)
    (tmp_path / "call.wav").write_bytes(BYTES)
    path = tmp_path / "audio.http"
    path.write_text(AUDIO.replace("{body}", body))
    file = read_exchange_file(path)
    ((request, _),) = file.exchanges
    assert unlikeness(request, SENT, file, {}) == []
    (other,) = unlikeness(request, replace(SENT, body=BYTES[:-1] + b"\0"), file, {})
    assert other.startswith("body is 512 bytes, b'") and ", documented is 512 bytes, b'" in other


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("< missing.wav", "missing.wav cannot be read beside this file: No such file or directory"),
        ("< ../../etc/hostname", "hostname cannot be read beside this file: No such file or directory"),
        ('{"base64": "abc"}', "this is no base64"),
    ],
)
def test_a_body_that_cannot_be_read_is_named_with_its_line(body: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "audio.http"
    path.write_text(AUDIO.replace("{body}", body))
    file = read_exchange_file(path)
    with pytest.raises(ExchangeError, match=f"^audio.http, line 6: {re.escape(said)}$"):
        unlikeness(file.exchanges[0][0], SENT, file, {})


def test_what_was_seen_on_no_page_of_the_vendor_is_held_against_and_not_counted(
    documented: ExchangeChecks, tmp_path: Path
) -> None:
    text = upload_example(documented)
    (tmp_path / "seen.http").write_text(text)
    (tmp_path / "guessed.http").write_text(text.replace("# read", "# sure: memory\n# read"))
    kept = {"as the vendor documents (seen)", "as the vendor documents (guessed)"}
    assert held_against(documented.connector_class, tmp_path, kept).exchanges == 1
    (tmp_path / "guessed.http").write_text(text.replace("# read", "# sure: yes\n# read"))
    with pytest.raises(ExchangeError, match="`sure` is one of memory, reference, sdk"):
        read_exchange_file(tmp_path / "guessed.http")


def test_requests_that_differ_in_free_fields_only_get_their_replies_one_after_another(tmp_path: Path) -> None:
    (tmp_path / "page.http").write_text(
        HEAD
        + "# free: skip\n"
        + "\n".join(
            f"GET https://api.tame-net.example.com/v1/list?skip={skip} HTTP/1.1\n\n"
            f'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{{"page": {skip}}}\n'
            for skip in (1, 2)
        )
    )
    replies = DocumentedReplies(read_exchange_file(tmp_path / "page.http"), {})
    asked = [replies(HeardRequest("GET", "/v1/list", f"skip={skip}", {}, b"")) for skip in (7, 8, 9)]
    assert [each and each[2] for each in asked] == [b'{"page": 1}', b'{"page": 2}', b'{"page": 2}']
    assert replies(HeardRequest("GET", "/v1/other", "", {}, b"")) is None


def test_each_file_has_a_stand_in_in_which_nothing_has_happened(tmp_path: Path) -> None:
    """In a stand-in that another file has used before it, the same conversion counts a second time no more."""
    folder = tmp_path / "net"
    write_plugin("ads", "fresh_net", folder, package=False)
    (example,) = exchange_paths(exchange_folder(class_in_file(folder / "fresh_net.py")))
    text = re.sub(r"# (hook|conversions|dry_run|result)[^\n]*\n(#   [^\n]*\n)*", "", example.read_text())
    for name in ("one", "two"):
        (example.parent / f"{name}.http").write_text(text)
    made = certify(class_in_file(folder / "fresh_net.py"), only="as the vendor documents")
    assert [(proof.promise, proof.detail) for proof in made.failed()] == []
    assert len(made.proofs) == 3
