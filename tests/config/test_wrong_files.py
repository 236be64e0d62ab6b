"""Every way in which a config.yaml goes wrong: the line that is named, and what is said of it."""

# ruff: noqa: E501 - a case is easier to read on one line

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from config_samples import ENVIRON, GOOD

CASES: list[tuple[str, str, str, int | None, str]] = [
    # what is wrong, a piece of the good file, what stands there instead, the line, the sentence
    ("a misspelled section", "conversions:", "conversion:", 15, "conversion: is not a known key; did you mean `conversions`?"),
    ("a misspelled key of ours", "public_url:", "publik_url:", 2, "is not a known key; did you mean `public_url`?"),
    ("a misspelled key of ours leaves it missing", "public_url:", "publik_url:", 1, "hub.public_url: is missing; expected: The hub's address"),
    ("a misspelled key of a plugin", "auth_token:", "auth_tokn:", 8, "is not a known key; did you mean `auth_token`?"),
    ("a misspelled common key", "schedule:", "shedule:", 7, "is not a known key; did you mean `schedule`?"),
    ("a key that resembles nothing", "account: ", "zzz: ", 12, "connectors.ads.zzz: is not a known key; known are account"),
    ("no web address", "https://calls.example.com", "calls", 2, "found 'calls', expected a web address"),
    ("an unknown kind of web address", "https://calls.example.com", "ftp://x.example.com", 2, "expected a web address"),
    ("an unknown database", "  secret_keys", "  database: mysql://x\n  secret_keys", 3, "expected sqlite:///path or postgresql"),
    ("a password in clear", "  secret_keys", "  database: postgresql+psycopg://me:s3cret@db/x\n  secret_keys", 3, "contains a password in plain text"),
    ("a plugin folder that is not there", "  secret_keys", "  plugin_dirs: [nowhere]\n  secret_keys", 3, "'nowhere' is not a folder"),
    ("recordings for no span", "conversions:\n", "recordings: {keep: for ever}\nconversions:\n", 15, "recordings.keep: "),
    ("a longer life without a reason", "conversions:\n", "retention: {call_metadata: 36mo}\nconversions:\n", 15, "retention.call_metadata: is longer than the default of 761 days; write a shorter time, or {keep: …, reason: …}"),
    ("a longer life with a reason of blanks", "conversions:\n", "retention: {call_metadata: {keep: 36mo, reason: '            '}}\nconversions:\n", 15, "it should have at least 10 characters"),
    ("a life that never ends", "conversions:\n", "retention: {call_metadata: {keep: 99999y, reason: kept for the grandchildren}}\nconversions:\n", 15, "is longer than a hundred years; write a shorter time"),
    ("a life that is no span", "conversions:\n", "retention: {click_ids: for ever}\nconversions:\n", 15, "'for ever' is not a duration; write it like 90d, 25mo or 7y"),
    ("a kind of data that is none", "conversions:\n", "retention: {click_id: 30d}\nconversions:\n", 15, "is not a known key; did you mean `click_ids`?"),
    ("a recording kept longer than may be", "conversions:\n", "recordings: {keep: 120 days}\nconversions:\n", 15, "recordings.keep: is longer than 90 days, the maximum retention"),
    ("a transcript by nobody", "conversions:\n", "recordings: {transcribe: wisper}\nconversions:\n", 15, "recordings.transcribe: "),
    ("a transcript by an ad network", "conversions:\n", "recordings: {transcribe: ads}\nconversions:\n", 15, "'ads' does not transcribe; add one like `whisper: {plugin: whisper}`"),
    ("an action about no signal", "        title: North\n", "        title: North\n        insights: {read_by: nay, actions: [{name: bookd, tag: VIP}]}\n", 30, "insights.actions[bookd].name: no signal is named 'bookd'; did you mean `booked`?"),
    ("a language in words", "conversions:\n", "recordings: {language: plain English}\nconversions:\n", 15, "'plain English' is not in the expected format"),
    ("an unknown key of recordings", "conversions:\n", "recordings: {keeps: 3 days}\nconversions:\n", 15, "is not a known key; did you mean `keep`?"),
    ("a storage's secret in clear", "conversions:\n", "recordings: {storage: 's3://calls/x', options: {secret: hunter2}}\nconversions:\n", 15, "recordings.options.secret: is a secret in plain text"),
    ("a storage's secret in clear further down", "conversions:\n", "recordings: {options: {client_kwargs: {aws_session_token: hunter2}}}\nconversions:\n", 15, "aws_session_token: is a secret in plain text"),
    ("a mail server's password in clear", "conversions:\n", "mail: {smtp: 'smtp://me:hunter2@mail.example.com', from: me@example.com}\nconversions:\n", 15, "mail.smtp: contains a password in plain text"),
    ("a mail server without a scheme", "conversions:\n", "mail: {smtp: mail.example.com, from: me@example.com}\nconversions:\n", 15, "is not a mail server; write it like smtp://user:${env:SMTP_PASSWORD}@mail.example.com:587"),
    ("a sender that is no address", "conversions:\n", "mail: {smtp: 'smtp://mail.example.com', from: me}\nconversions:\n", 15, "is not an email address; write it like privacy@example.com"),
    ("a contact that says nothing", "        title: North\n", "        title: North\n        contact: {}\n", 30, "is empty; give a postal_address, a phone or an email"),
    ("a contact's phone that is none", "        title: North\n", "        title: North\n        contact: {phone: '12'}\n", 30, "contact.phone: "),
    ("a contact's address that is none", "        title: North\n", "        title: North\n        contact: {email: privacy}\n", 30, "is not an email address; write it like privacy@example.com"),
    ("a contact without lines", "        title: North\n", "        title: North\n        contact: {postal_address: ' '}\n", 30, "is not a postal address; write it in 1 to 8 lines"),
    ("a section that is a list", "hub:\n", "hub: [1]\nhub2:\n", 1, "hub: found a list; write `hub:` with a `public_url:`"),
    ("connectors as a list", "connectors:\n", "connectors: []\nx:\n", 4, "found a list; expected a name and its settings"),
    ("a connector without anything", "    plugin: nayco\n", "", 13, "connectors.nay: found nothing; expected at least `plugin:`"),
    ("a connector without a plugin", "    plugin: adco\n", "", 9, "connectors.ads.plugin: is missing; expected: The plugin's name"),
    ("an unknown plugin", "phoneco", "fonko", 6, "no plugin 'fonko' is installed; "),
    ("a misspelled plugin", "phoneco", "phonco", 6, "no plugin 'phonco' is installed; did you mean `phoneco`?"),
    ("a broken plugin", "phoneco", "brokenco", 6, "the plugin 'brokenco' cannot be used: it cannot be imported (ImportError: no x)"),
    ("a connector's name with spaces", "  nay:", "  Nay Sayer:", 13, "is not a valid connector name; use lowercase letters"),
    ("a schedule in other words", "every 15 minutes", "quarter-hourly", 7, "'quarter-hourly' is not a schedule; write it like `every 15 minutes`"),
    ("a schedule of zero", "every 15 minutes", "every 0 seconds", 7, "is not a schedule"),
    ("an endless schedule", "every 15 minutes", "every 99999999999999999999 days", 7, "is not a schedule"),
    ("a sandbox where the plugin has none", "    companies:", "    sandbox: true\n    companies:", 11, "this plugin has no sandbox; remove the line"),
    ("a company that is not there", "[north]", "[nord]", 11, "connectors.ads.companies[0]: no company is named 'nord'; did you mean `north`?"),
    ("companies that are no list", "[north]", "north", 11, "found 'north', expected a list"),
    ("a secret in clear", "${env:PHONE_TOKEN}", "hello-hello", 8, "is a secret in plain text; write ${env:PHONE_AUTH_TOKEN} or ${file:"),
    ("a secret in clear deep down", "    auth_token", "    shared_keys: {k1: hello-hello}\n    auth_token", 8, "connectors.phone.shared_keys.k1: is a secret in plain text"),
    ("the hub's own key in clear", "${env:HUB_KEY}", "hello", 3, "hub.secret_keys[0]: is a secret in plain text"),
    ("a key of the hub that is none", "${env:HUB_KEY}", "${env:PHONE_TOKEN}", 3, "hub.secret_keys[0]: is not 32 bytes in base64; `hub secrets new-key`"),
    ("an address to serve on without a port", "  secret_keys", "  listen: localhost\n  secret_keys", 3, "'localhost' is not in the expected format: Address and port to serve on"),
    ("an unset variable", "PHONE_TOKEN", "PHONE_TOKN", 8, "the environment variable PHONE_TOKN is not set; set it"),
    ("a secret file that is not there", "env:PHONE_TOKEN", "file:nowhere", 8, "the file nowhere does not exist; write the secret into it"),
    ("a secret file that is a folder", "env:PHONE_TOKEN", "file:/", 8, "the file / does not exist"),
    ("an unknown reference", "env:PHONE_TOKEN", "vault:x", 8, "contains a `${` that is not a reference; write ${env:NAME}"),
    ("a reference that is not closed", "${env:PHONE_TOKEN}", "${env:PHONE_TOKEN", 8, "contains a `${` that is not a reference"),
    ("a number out of range", "    auth_token", "    port: 70000\n    auth_token", 8, "found 70000; it should be less than or equal to 65535"),
    ("a text where a number is wanted", "    auth_token", "    port: https\n    auth_token", 8, "found 'https', expected a whole number"),
    ("a text in the wrong form", "    auth_token", "    region: Europe\n    auth_token", 8, "'Europe' is not in the expected format: Two letters, like us"),
    ("a number where a text is wanted", '"1234567890"', "1234567890", 12, "found the number 1234567890, expected a text; put it in quotes"),
    ("a yes where a text is wanted", '"1234567890"', "true", 12, "found true, expected a text"),
    ("no consent connector", "  nay:\n    plugin: nayco\n", "", 4, "no consent connector is configured, so nothing has consent"),
    ("a rule without a name", "name: qualified call\n    when", "when", 16, "conversions[0].name: is missing"),
    ("two rules of one name", "deal won", "qualified call", 20, "another rule is named 'qualified call' already, on line 16"),
    ("an unknown event", "event: call,", "event: phone,", 17, "'phone' is not allowed; one of call, text, form, outcome, lead"),
    ("a misspelled event", "event: call,", "event: calls,", 17, "'calls' is not allowed; did you mean `call`?"),
    ("a span in other words", "60s", "a minute", 17, "'a minute' is not a duration; write it like 60s"),
    ("a value without a currency", "40 USD", "40", 18, "'40' is not an amount; write it like 40 USD"),
    ("a value that is a list", "40 USD", "[40, USD]", 18, "is not an amount; write it like 40 USD"),
    ("a call with a stage", "answered: true", "stage: won", 17, "only an outcome has a stage"),
    ("a call with a lead's status", "answered: true", "status: booked", 17, "only a lead has a status"),
    ("an outcome with a lead's value", "from outcome", "from lead", 22, "an outcome has no lead to take a value from"),
    ("a misspelled lead status", "event: call, answered: true", "event: lead, status: qualifed", 17,
     "'qualifed' is not a lead status; did you mean `qualified`?"),
    ("no lead status", "event: call, answered: true", "event: lead, status: []", 17, "names no status"),
    ("an outcome that is answered", "stage: won", "answered: true", 21, "only calls have this"),
    ("a text that has a length", "event: call, answered: true", "event: text", 17, "only calls have this"),
    ("a call with an outcome's value", "40 USD", "from outcome", 18, "a call has no outcome to take a value from"),
    ("a call with a form's id", "answered: true", "form: contact", 17, "only a form has an id on its page"),
    ("a form on a tracker", "event: call, answered: true", "event: form, tracker: print", 17, "a form has no tracking number"),
    ("a rule for nobody's company", "answered: true", "company: elsewhere", 17, "no company is named 'elsewhere'; there are north"),
    ("a rule for nobody's tracker", "answered: true", "tracker: prints", 17, "no tracker is named 'prints'; did you mean `print`?"),
    ("an unknown destination", "{ads: {action: 7}}", "{add: {action: 7}}", 19, "no connector is named 'add'; did you mean `ads`?"),
    ("a destination that takes nothing", "{ads: {action: 7}}", "{phone: {action: 7}}", 19, "'phone' does not accept conversions; these do: ads"),
    ("a destination with a wrong value", "action: 7", "action: seven", 19, "conversions[qualified call].send_to.ads.action: found 'seven', expected a whole number"),
    ("a destination with a wrong key", "action: 7", "acton: 7", 19, "is not a known key; did you mean `action`?"),
    ("a destination without its key", "{ads: {action: 7}}", "{ads: {}}", 19, "ads.action: is missing; expected: The action's number"),
    ("a sale without a value", "    value: 40 USD\n    send_to: {ads: {action: 7}}", "    send_to: {ads: {action: 8}}", 18, "action 8 is for sales; write `value:` into the rule"),
    ("companies in a section", "    companies:\n      - name: north", "    companies:\n        name: north\n        x:\n      - name: north", 30, "is not YAML"),
    ("an unknown time zone", "America/Chicago", "America/Chikago", 30, "'America/Chikago' is not an IANA time zone; did you mean `America/Chicago`?"),
    ("a time zone by an American name", "America/Chicago", "CST", 30, "'CST' is not an IANA time zone; did you mean `America/Chicago`?"),
    ("a time zone by a city", "America/Chicago", "US/Austin", 30, "'US/Austin' is not an IANA time zone; did you mean `America/Chicago`?"),
    ("a time zone by a city that is in several", "America/Chicago", "US/Portland", 30, "'US/Portland' is not an IANA time zone; write one like America/Chicago"),
    ("a time zone that only looks like another", "America/Chicago", "Europe/Munich", 30, "'Europe/Munich' is not an IANA time zone; write one like America/Chicago"),
    ("a time zone that leads out of the folder", "America/Chicago", "../../etc/passwd", 30, "is not an IANA time zone; write one like America/Chicago"),
    ("a time zone that is a folder", "America/Chicago", "America", 30, "is not an IANA time zone"),
    ("a country by another code", "        route", "        country: UK\n        route", 31, "UK is not an ISO 3166 country; write, for example, US, CA, GB or DE"),
    ("a country in words", "        route", "        country: England\n        route", 31, "'England' is not in the expected format: ISO 3166"),
    ("a state in words", "        route", "        region: Texas\n        route", 31, "'Texas' is not the code of a state or territory of the USA; did you mean `TX`?"),
    ("half a state", "        route", "        region: Calif\n        route", 31, "did you mean `CA`?"),
    ("a state that is none", "        route", "        region: ZZ\n        route", 31, "'ZZ' is not the code of a state or territory of the USA; write it like IL"),
    ("a state of another country", "        route", "        country: CA\n        region: IL\n        route", 32, "'IL' is not the code of a province or territory of Canada; write it like ON"),
    ("a region in words", "        route", "        country: GB\n        region: Scotland\n        route", 32, "'Scotland' is not a region's code"),
    ("a step of another system", "        route: {dial", "        flows: [{name: x, forward: '+13125550190', start: a, steps: {a: {do: ring}}}]\n        route: {dial", 31, "'ring' is not allowed; did you mean `dial`? One of greeting, dial, simulcall"),
    ("a webhook without its use", "        route", "        webhooks: [{name: crm, url: 'https://hooks.example.com/'}]\n        route", 31, "use: is missing; expected: What the data is used for there: `essential.service.operations`"),
    ("a phone that cannot be dialed", '"+13125550190"', '"312"', 31, "route.dial: is not a phone number; write it in E.164"),
    ("recording nobody is told of", '"+13125550190"', '"+13125550190", record: true', 31, "nobody may be recorded without notice; write a `recording_notice:`"),
    ("an unknown carrier", "carrier: phone\n            numbers: [+", "carrier: fone\n            numbers: [+", 35, "no carrier is named 'fone'; did you mean `phone`?"),
    ("a carrier that is none", "carrier: phone\n            numbers: [+", "carrier: ads\n            numbers: [+", 35, "'ads' is not a carrier; carriers are phone"),
    ("an unknown type of tracker", "type: session", "type: pool", 34, "'pool' is not allowed; one of source, session"),
    ("a tracking number that is none", "+13125550100", '"555"', 36, "numbers[0]: is not a phone number; write it in E.164"),
    ("a source tracker with two numbers", '["+13125550120"]', '["+13125550120", "+13125550121"]', 40, "a source tracker has at most one number, found 2"),
    ("a source tracker without a source", "            source: yellow_pages\n", "", 37, "a source tracker needs its `source:`"),
    ("a pool with a source", "type: session", "type: session\n            source: google", 35, "a session tracker gets this from the visit"),
    ("one number for two trackers", "+13125550120", "+1 312 555 0100", 40, "+13125550100 is already the number of accounts[agency].companies[north].trackers[pool] (line 36)"),
    ("two trackers of one name", "name: print", "name: pool", 37, "another tracker is named 'pool' already, on line 33"),
    ("a name with capitals", "name: print", "name: Print", 37, "'Print' is not in the expected format"),
    ("accounts that are no list", "accounts:\n  - name", "accounts:\n    name", 24, "found a section with keys; expected a list, each entry after a `-`"),
    ("a tab", "  public_url", "\tpublic_url", 2, "is not YAML: "),
    ("a reference in braces without quotes", "action: 7", "action: ${env:X}", 19, 'inside { } and [ ], write references in quotes: "${env:NAME}"'),
    ("a bracket that is not closed", "[north]", "[north", 12, "is not YAML: "),
    ("a doubled key", "    schedule:", "    plugin: adco\n    schedule:", 7, "`plugin` is written twice; it is already on line 6"),
    ("a doubled section", "accounts:", "hub: {}\naccounts:", 24, "`hub` is written twice; it is already on line 1"),
    ("a python object", "every 15 minutes", "!!python/object/apply:os.system [echo]", 7, "tags like `!!python/name` are not allowed"),
    ("a harmless tag", "every 15 minutes", "!!str every", 7, "tags like `!!python/name` are not allowed"),
    ("an alias of nothing", "[north]", "*north", 11, "`*north` is not defined"),
    ("an alias inside of itself", "[north]", "&a [*a]", 11, "`*a` refers to itself"),
    ("a list as a key", "account: ", "[a, b]: ", 12, "a list or a section cannot be a key"),
    ("a second document", "accounts:", "---\naccounts:", 25, "starts a second document"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("piece", "instead", "line", "sentence"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_wrong_file_names_the_line_and_says_what_was_wanted(
    problems: Any, piece: str, instead: str, line: int | None, sentence: str
) -> None:
    assert piece in GOOD
    found = problems(GOOD.replace(piece, instead, 1))
    said = [problem for problem in found if sentence in str(problem)]
    assert said, "\n".join(map(str, found))
    assert line is None or said[0].line == line


OTHERS = """\
  - name: rival
    title: Rival
    companies:
      - name: hidden
        title: Hidden
        time_zone: America/Chicago
        route: {dial: "+13125550191"}
        trackers:
          - name: secret
            type: source
            carrier: phone
            numbers: ["+13125550170"]
            source: flyer
"""


@pytest.mark.parametrize(
    ("piece", "instead", "sentence"),
    [
        (
            "+13125550120",
            "+13125550170",
            "accounts: +13125550170 is the number of trackers of two accounts, on lines 40 and 53",
        ),
        ("name: north", "name: hidden", "accounts: two accounts have a company named 'hidden', on lines 28 and 45"),
        ("[north]", "[hiden]", "no company is named 'hiden'; correct it, or leave it out"),
        ("answered: true", "company: hiden", "no company is named 'hiden'"),
        ("answered: true", "tracker: secrets", "no tracker is named 'secrets'"),
        ("{ads: {action: 7}}", "{adds: {action: 7}}", "no connector is named 'adds'"),
        (
            "carrier: phone\n            numbers: [+",
            "carrier: phones\n            numbers: [+",
            "did you mean `phone`?",
        ),
    ],
)
def test_no_problem_of_an_account_names_what_another_account_has(
    problems: Any, piece: str, instead: str, sentence: str
) -> None:
    assert piece in GOOD
    said = "\n".join(map(str, problems(GOOD.replace(piece, instead, 1) + OTHERS)))
    assert sentence in said
    assert not re.search("`hidden`|`secret`|`ads`|hidden,|there are|rival", said), said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", "expected sections like `hub:`"),
        ("hello", "expected sections like `hub:`"),
        ("hub: " + "[" * 100_000, "exceeded maximum nesting depth"),
        ("hub: " + "[" * 40 + "]" * 40, "is nested deeper than 32 levels"),
        ("a: &a [x]\n" + "".join(f"{c}: &{c} [{f'*{p}, ' * 9}]\n" for p, c in pairwise("abcdefghi")), "use fewer aliases"),
        ("hub: \x07", "a character that YAML does not allow"),
        ("hub: \0", "a character that YAML does not allow"),
        (b"hub: \xff\xfe", "is not UTF-8 text"),
        (b"#" * 16_000_001, "larger than 16 MB"),
        ("{}", "hub: is missing"),
        ("{}", "connectors: is missing"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration_is_refused(load: Any, text: str | bytes, sentence: str) -> None:
    from hub.errors import ConfigError

    with pytest.raises(ConfigError) as caught:
        load(text)
    assert sentence in str(caught.value)


def test_every_problem_is_told_at_once_in_the_order_of_the_file(problems: Any) -> None:
    text = GOOD.replace("https://calls.example.com", "calls").replace("PHONE_TOKEN", "NO_TOKEN")
    text = (
        text.replace("60s", "long")
        .replace("action: 7", "acton: 7")
        .replace("America/Chicago", "Mars")
        .replace('["+13125550120"]', '["12"]')
    )
    found = problems(text)
    assert [problem.line for problem in found] == [2, 8, 17, 19, 19, 30, 40]


def test_a_wrong_region_and_time_zone_are_told_beside_other_problems_of_the_company(problems: Any) -> None:
    text = GOOD.replace("America/Chicago", "CST").replace(
        "        route", "        region: Texas\n        domain: x\n        route"
    )
    assert [problem.line for problem in problems(text)] == [30, 31, 32]


def test_a_wrong_key_of_a_connector_in_its_sandbox_makes_no_other_key_wrong(problems: Any) -> None:
    text = GOOD.replace("every 15 minutes", "hourly").replace("auth_token: ${env:PHONE_TOKEN}", "sandbox: true")
    assert [problem.path for problem in problems(text)] == ["connectors.phone.schedule"]


def test_a_wrong_connector_does_not_make_those_who_name_it_wrong(problems: Any) -> None:
    found = problems(GOOD.replace("plugin: adco", "plugin: adca"))
    assert [problem.path for problem in found] == ["connectors.ads.plugin"]


def test_a_missing_reference_is_not_told_again_as_a_wrong_value(problems: Any) -> None:
    text = GOOD.replace("action: 7", "action: '${env:NO_ACTION}'").replace("America/Chicago", "${env:NO_ZONE}")
    assert [problem.line for problem in problems(text)] == [19, 30]


def test_a_missing_secret_is_told_once(problems: Any) -> None:
    assert len(problems(GOOD, environ={"HUB_KEY": ENVIRON["HUB_KEY"]})) == 1


@pytest.mark.parametrize(
    ("piece", "instead"),
    [
        ("auth_token: ${env:PHONE_TOKEN}", "auth_token: ${env:PHONE_TOKEN}\n    spare_token: ${env:PHONE_TOKEN}"),
        ("auth_token: ${env:PHONE_TOKEN}", "auth_token: a-token-that-nobody-may-see"),
        ("auth_token: ${env:PHONE_TOKEN}", "auth_token: &t a-token-that-nobody-may-see\n    spare_token: *t"),
        (
            "auth_token: ${env:PHONE_TOKEN}",
            "auth_token: x\n    region: a-token-that-nobody-may-see\n    spare_token: a-token-that-nobody-may-see",
        ),
        ("auth_token: ${env:PHONE_TOKEN}", "auth_token: [a-token-that-nobody-may-see]"),
        ("every 15 minutes", "${env:PHONE_TOKEN}"),
        ("https://calls.example.com", "${env:PHONE_TOKEN}"),
        ("adco", "${env:PHONE_TOKEN}"),
        ("event: call", "event: '${env:PHONE_TOKEN}'"),
        ("America/Chicago", "${env:PHONE_TOKEN}"),
        ("carrier: phone", "carrier: ${env:PHONE_TOKEN}"),
        ("{ads: {action: 7}}", "{ads: {action: '${env:PHONE_TOKEN}'}}"),
        ("  secret_keys", "  database: postgresql://me:${env:PHONE_TOKEN}@db/x\n  secret_keys"),
        ("  secret_keys", "  plugin_dirs: ['${env:PHONE_TOKEN}']\n  secret_keys"),
        ("conversions:\n", "mail: {smtp: 'smtp//me:${env:PHONE_TOKEN}@x', from: me@example.com}\nconversions:\n"),
    ],
)
def test_no_problem_ever_shows_a_secret(problems: Any, piece: str, instead: str) -> None:
    told = "\n".join(map(str, problems(GOOD.replace(piece, instead, 1))))
    assert told
    assert "nobody-may-see" not in told
