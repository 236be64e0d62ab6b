"""An admin is not the machine: a stolen session or API key sends no stored secret to another host, and reads no variable, file
or stored secret of the machine."""

from __future__ import annotations

import ast
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import ENVIRON, open_config_stage
from keyed_hub import EDITS, EVIL, KEY, KEYED, TEXT, apply, edited, file_of, tried
from page_client import PageClient, seen, signed_in
from parsed_tree import ROOT, Module, each_module
from starlette.testclient import TestClient
from testbed import TestHub

import hub
from hub.access.keys import new_api_key
from hub.access.permissions import ROLES, reach
from hub.access.users import add_user
from hub.callrail.ids import wire_id
from hub.model import Account, AuditEntry, Company, ConfigVersion, StoredSecret
from hub.testing import FrozenClock
from hub.web.callrail import create_callrail_api


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path, TEXT, KEYED) as opened:
        yield opened


@pytest.mark.soak
@pytest.mark.parametrize("who", ["admin", "owner whose sign-in is old"])
def test_the_editor_moves_no_secret_and_reads_none(stage: TestHub, who: str) -> None:
    browser = signed_in(stage, who.split()[0])
    if who != "admin":
        stage.clock.advance(minutes=31)
    before = file_of(stage).read()
    for name, edit in EDITS.items():
        known, text = len(tried(stage)), edited(stage, *edit)
        answer = apply(browser, text)
        assert answer.status_code == 422, (name, seen(answer.text))
        assert file_of(stage).read() == before and len(tried(stage)) > known, (name, seen(answer.text))
        checked = browser.post("/config/check", {"text": text, "base": before.sha})
        assert checked.json()["problems"] and "is not set" not in checked.text, (name, "it says nothing of the machine")
        told = [answer.text, checked.text]
        if who == "admin":
            told += [browser.get(path).text for path in ("/config", "/config/draft.diff")]
        assert not [each for each in told if any(value in each for value in ENVIRON.values())], name
    assert not any(value in str(stage.rows(AuditEntry)) for value in ENVIRON.values())


def test_an_owner_with_a_fresh_sign_in_moves_no_secret_without_typing_it(stage: TestHub) -> None:
    browser, before = signed_in(stage), file_of(stage).read()
    for name in EDITS.keys() - {"renamed", "second connector"}:
        known = len(tried(stage))
        answer = apply(browser, edited(stage, *EDITS[name]))
        assert answer.status_code == 422 and len(tried(stage)) > known, (name, seen(answer.text))
        assert file_of(stage).read() == before, name


def test_a_draft_that_names_another_database_is_not_connected_to(stage: TestHub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        elsewhere = f"  database: postgresql+psycopg://u:{KEY}@127.0.0.1:{listening.getsockname()[1]}/x #"
        text = edited(stage, "  database: ", elsewhere).replace("${env:CRM_KEY}", "${secret:x}")
        signed_in(stage).post("/config/check", {"text": text, "base": file_of(stage).read().sha})
        apply(signed_in(stage), text)
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_editor_says_what_to_do_and_who_may(stage: TestHub) -> None:
    moved = edited(stage, *EDITS["base URL"])
    owner, admin = signed_in(stage), signed_in(stage, "admin")
    said = seen(apply(admin, moved).text)
    assert "Only an owner may change the address to which crm sends its secrets" in said
    assert "crm.example.com to evil.example.net" in said and "Secrets to type" not in said
    text = apply(owner, moved).text
    assert "Type the token again: the address changed from crm.example.com to evil.example.net" in seen(text)
    assert 'type="password" id="secret.crm.token" name="secret.crm.token"' in text and 'name="secret.crm.login' in text
    stage.clock.advance(minutes=31)
    assert "Sign in again first" in (said := apply(owner, moved).text) and 'href="/sign-in?next=/config"' in said
    said = seen(apply(owner, edited(stage, *EDITS["key of the hub"])).text)
    assert "`hub.browser_references` does not list" in said and "ask the operator" in said


def test_an_earlier_version_with_another_address_is_the_same_road(stage: TestHub) -> None:
    file, first = file_of(stage), file_of(stage).read().text
    file.apply(file.propose(first.replace("    token:", f"    base_url: {EVIL}\n    token:")), "operator")
    file.apply(file.propose(first), "operator")
    version = stage.one(ConfigVersion, number=2)
    answer = signed_in(stage, "admin").post(f"/config/versions/{version.id}")
    assert answer.status_code == 422, seen(answer.text)
    owner = signed_in(stage)
    assert owner.post(f"/config/versions/{version.id}").headers["location"] == "/config"
    assert "Type the token again: the address changed from crm.example.com" in owner.text("/config")
    assert file.read().text == first and any("evil.example.net" in each for each in tried(stage))


# The forms and the API: whatever they take as text, `${…}` in it is never read.

PAGES: Mapping[str, Callable[[PageClient], Any]] = {
    "pages/companies/form.py": lambda browser: browser.post(
        "/companies/lakeside", {"title": KEY, "time_zone": "UTC", "country": "US", "region": "IL"}
    ),
    "pages/companies/copying.py": lambda browser: browser.post(
        "/companies/new?from=lakeside",
        {"title": KEY, "time_zone": "UTC", "country": "US", "region": "IL", "route.dial": "312 555 0177", "copy": "trackers"},
    ),
    "pages/connectors/new.py": lambda browser: browser.post(
        "/connectors/new/paper_crm", {"name": "mine", "set.token": KEY, "set.base_url": EVIL, "companies": "lakeside"}
    ),
    "pages/conversions/conversion_actions.py": lambda browser: browser.post(
        "/conversions/rule",
        {"was": "every call", "name": KEY, "when.event": "call", "value": "amount", "amount": "40", "currency": "USD",
         "send": "network", "send.network.action": "7", "deed": "save"},
    ),
    "pages/flows/publish.py": lambda browser: published(browser),
    "pages/numbers/tracker.py": lambda browser: browser.post(
        "/numbers/trackers/lakeside/yellow_pages",
        {"source": KEY, "medium": "print", "campaign": "", "carrier": "carrier", "flow": ""},
    ),
    "pages/numbers/tracker_new.py": lambda browser: browser.post(
        "/numbers/trackers/new?company=lakeside",
        {"where": "print", "title": "Flyer", "campaign": KEY, "carrier": "carrier", "flow": "", "deed": "save"},
    ),
    "pages/numbers/website.py": lambda browser: browser.post(
        "/numbers/website/settings", {"company": "lakeside", "domains": KEY}
    ),
    "pages/webhooks_out/form.py": lambda browser: browser.post(
        "/webhooks-out/new",
        {"company": "lakeside", "name": "crm", "url": f"{EVIL}/{KEY}", "use": "sales", "events": "post_call",
         "role": "processor", "format": "standard"},
    ),
}  # fmt: skip
"""Module that edits config.yaml → what is posted to its form."""
EDITORS = {"pages/config/editor.py", "pages/config/review.py", "pages/config/versions.py"}
"""The tests above are about them."""
WITHOUT_TEXT = {
    "pages/call/lead_rule.py": "adds a rule of its own for leads",
    "pages/connectors/choose.py": "writes what the draft of pages/connectors/new.py holds; see the test of its draft",
    "pages/conversions/stages.py": "stages come from the CRM; a meaning is one of three words",
    "pages/flows/remove.py": "removes",
    "pages/flows/voicemails.py": "a PIN of six digits, which is written sealed",
    "pages/spam/page.py": "numbers and choices",
}


def published(browser: PageClient) -> Any:
    """Publish a flow whose menu says the key."""
    step = {
        "form": "step", "was": "menu", "shown_do": "menu", "do": "menu", "name": "menu", "say": KEY, "play": "",
        "seconds": "5", "repeat": "1", "keys.key": ["1", "2"], "keys.to": ["desk", "night"], "otherwise": "desk",
        "deed": "save",
    }  # fmt: skip
    drafted = browser.post("/flows/lakeside/office", step)
    assert drafted.status_code == 303, seen(drafted.text)
    return browser.post("/flows/lakeside/office/publish", {"note": "x"})


@pytest.mark.parametrize("module", PAGES)
def test_a_form_never_reads_the_machine(stage: TestHub, module: str) -> None:
    before = file_of(stage).read()
    for role in ("owner", "admin"):
        known = tried(stage)
        answer = PAGES[module](signed_in(stage, role))
        if module == "pages/flows/publish.py":
            assert answer.status_code == 303 and f"${KEY}" in file_of(stage).read().text, (
                "what a flow says is written as text"
            )
            return
        assert answer.status_code == 422 and "ould read ${env:" in answer.text, (role, seen(answer.text))
        assert file_of(stage).read() == before
        assert any("HUB_KEY" in each or "${" in each for each in tried(stage)[len(known) :]), (role, tried(stage))
        assert ENVIRON["HUB_KEY"] not in answer.text and not stage.rows(StoredSecret)


API: Mapping[str, Callable[[Any, TestHub], Any]] = {
    "companies.py": lambda send, stage: send(
        "POST", "companies.json", {"name": KEY, "time_zone": "America/Chicago", "destination_number": "+13125550195"}
    ),
    "forms.py": lambda send, stage: send(
        "POST", "form_submissions/ignored_fields.json", {"company_ids": ["all"], "field_names": [KEY]}
    ),
    "integrations.py": lambda send, stage: send(
        "POST",
        "integrations.json",
        {"type": "Webhooks", "company_id": lakeside(stage), "config": {"post_call_webhook": [f"{EVIL}/{KEY}"]}},
    ),
    "numbers_and_flows.py": lambda send, stage: send(
        "POST",
        "message-flows.json",
        {"company_id": lakeside(stage), "name": "x",
         "steps": {"a": {"type": "sms_response", "message": KEY, "next_step_id": None}}},
    ),
    "trackers.py": lambda send, stage: send(
        "POST",
        "trackers.json",
        {"name": "Mailer", "type": "source", "company_id": lakeside(stage), "tracking_numbers": ["+13125550166"],
         "source": {"type": "offline"}, "campaign_name": KEY,
         "call_flow": {"type": "basic", "destination_number": "+13125550195"}},
    ),
}  # fmt: skip
"""Module of the CallRail API that edits config.yaml → what is sent to it."""


def lakeside(stage: TestHub) -> str:
    return wire_id("COM", stage.one(Company, name="lakeside").id)


@pytest.mark.parametrize("module", API)
def test_no_api_key_reads_the_machine(stage: TestHub, module: str) -> None:
    account, before = stage.one(Account, name="agency"), file_of(stage).read()
    api = create_callrail_api(stage.hub, directory=stage.live, config_file=stage.config_file)
    for role in ROLES:
        with stage.hub.store.writing() as session:
            user = add_user(session, account, f"keyed-{role}", role, stage.clock(), phone_numbers=["+13125550190"])
            key = new_api_key(session, user, stage.clock())

        def send(method: str, path: str, body: Mapping[str, Any], key: str = key) -> Any:
            client = TestClient(api, base_url="https://calls.example.com")
            headers = {"authorization": f'Token token="{key}"'}
            return client.request(method, f"/v3/a/{wire_id('ACC', account.id)}/{path}", headers=headers, json=body)

        known, may_configure = len(tried(stage)), reach(role, "configure") is not None
        answer = API[module](send, stage)
        assert answer.status_code == (400 if may_configure else 403), (role, answer.text)
        assert file_of(stage).read() == before and (len(tried(stage)) > known) == may_configure, (role, answer.text)
        assert ENVIRON["HUB_KEY"] not in answer.text


@each_module("hub")
def edits_config(module: Module) -> bool:
    """Whether it calls a function that writes config.yaml for a user."""
    writers = {"save_section", "edit_config", "apply_edit", "apply_changes", "connect_new", "propose", "roll_back"}
    calls = [node.func for node in module.nodes if isinstance(node, ast.Call)]
    called = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls}
    named = {node.id for node in module.nodes if isinstance(node, ast.Name)}
    of_programs = str(module).startswith(("hub/web/callrail/writing/", "hub/web/api/"))
    return bool(called & writers) or (of_programs and "apply" in called | named)


def test_every_module_that_edits_config_yaml_has_a_row_above() -> None:
    """What calls one of these functions writes config.yaml for a user; a new module needs a row in a table here."""
    root = Path(hub.__file__).parent
    found = {str((ROOT / path).relative_to(root)) for path, writes in edits_config().items() if writes}
    known = {f"web/{each}" for each in (*PAGES, *EDITORS, *WITHOUT_TEXT)}
    known |= {f"web/callrail/writing/{each}" for each in API}
    assert found - OTHERS.keys() == known, found ^ known
    assert OTHERS.keys() <= found


OTHERS = {
    "connecting/connect.py": "called by the pages of connectors",
    "connecting/mail_server.py": "called by the page of the mail server, which only owners open",
    "web/api/trackers/config_edits.py": "called by the routes for programs",
    "web/api/trackers/routes.py": "test_api_trackers.py tries the same there",
    "web/forms/config_edit.py": "called by the forms",
    "reload/config_file.py": "the one place itself",
    "importing/structure.py": "a command on the machine; a test below is about what it reads",
    "leaving/run.py": "removes a company, by names that are in the file",
    "leaving/transfer.py": "a command on the machine; moves a company, by names that are in the file",
}


def test_users_without_the_right_to_configure_reach_none_of_the_pages(stage: TestHub) -> None:
    limited = signed_in(stage, "admin", "lakeside")
    for role in ROLES:
        browser = signed_in(stage, role)
        if reach(role, "configure") is None:
            for module, attempt in PAGES.items():
                if module != "pages/flows/publish.py":
                    assert attempt(browser).status_code == 403, (role, module)
            assert apply(browser, "x").status_code == 403
    assert apply(limited, "x").status_code == 403
    assert PAGES["pages/connectors/new.py"](limited).status_code == 403
