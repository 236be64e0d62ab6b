"""Mistakes in plugins for ad networks, in the package of `hub new-plugin`."""

from __future__ import annotations

from mistaken_plugins import COLLECTOR, DOCUMENTED, ERASE, Mistake, mistake

INIT, CLIENT, ROWS, SANDBOX = "__init__.py", "client.py", "translate.py", "sandbox.py"
SEND = '        answer = request(self.services, self.settings, "POST", "/v1/conversions", body)\n'
TIME = '"time": item.occurred_at.isoformat(),'
RECEIPTS = "        return [receipt(item.key, result) for item, result in zip(conversions, results, strict=True)]\n"
IN_MINOR_UNITS = '{**(state or {}), **row, "value": str(int(row.get("value") or 0) / 100),'
FIRST_BATCH = "        unmatched = [each for each in conversions if not each.click_ids]\n        if unmatched:\n            return [Receipt(key=each.key, status='unmatched', sent=False, reason=f'No click of {each.phone_number}.') for each in conversions]\n        if not conversions:\n"
NOT_RESTATED = 'conversion_row(item) for item in conversions if item.kind != "restate"]'
LAST_METHOD = "    @hookimpl\n    def check_connection"

ADS: tuple[Mistake, ...] = (
    mistake(
        "the click id of another network",
        (ROWS, 'get("gclid")', 'get("msclkid")'),
        promise="Each declared click id of a landing page reaches the network",
        says="gclid is declared and captured, but not sent: leave it out or send it",
    ),
    mistake(
        "the currency is lost",
        (ROWS, '        "currency": item.value.currency if item.value else None,\n', ""),
        promise="A conversion counts with its value",
        says="the network counts a value of",
    ),
    mistake(
        "the currency is always USD",
        (ROWS, "item.value.currency if item.value else None", '"USD"'),
        promise="A conversion travels under our key with its value (87.65 EUR)",
        says="no request says that it is EUR",
    ),
    mistake(
        "the value without its cents",
        (ROWS, "str(item.value.amount)", "str(int(item.value.amount))"),
        promise="A conversion travels under our key with its value (87.65 EUR)",
        says="no request holds the conversion's value",
    ),
    mistake(
        "minor units of every currency",
        (ROWS, "str(item.value.amount)", "str(int(item.value.amount * 100))"),
        (SANDBOX, "{**(state or {}), **row,", IN_MINOR_UNITS),
        promise="A conversion travels under our key with its value (5432 JPY)",
        says="no request holds the conversion's value",
    ),
    mistake(
        "a random key",
        (ROWS, '"id": item.key', '"id": uuid.uuid4().hex'),
        uses="import uuid",
        promise="A conversion travels under our key with its value (43.21 USD)",
        says="no request holds the conversion",
    ),
    mistake(
        "one key for all",
        (ROWS, '"id": item.key', '"id": "conversion"'),
        promise="A conversion travels under our key with its value (43.21 USD)",
        says="no request holds the conversion",
    ),
    mistake(
        "a 429 is swallowed",
        (CLIENT, "expected=(404,)", "expected=(404, 429)"),
        (CLIENT, "== 404", "in (404, 429)"),
        promise="A wait that the provider asks for is passed on",
        says="upload_conversions: Retry-After said",
    ),
    mistake(
        "Retry-After is dropped",
        (
            INIT,
            SEND,
            f"        try:\n    {SEND}        except RetryLater:\n            raise RetryLater('Later.') from None\n",
        ),
        promise="A wait that the provider asks for is passed on",
        says="upload_conversions: Retry-After said",
    ),
    mistake(
        "every result is taken for a success",
        (ROWS, 'status = result.get("status")', 'status = "counted"'),
        promise="One refused item costs the others nothing",
        says="the refused item must be rejected with a reason: Receipt",
    ),
    mistake(
        "an error in a reply of 200 is taken for a success",
        (
            INIT,
            'len(results) != len(conversions):\n            raise RetryLater("Tame Ads did not answer for every conversion; the hub will try again.")',
            'len(results) != len(conversions):\n            results = [{"status": "counted"}] * len(conversions)',
        ),
        promise="An error in a reply of 200 is no success",
        says="holds an error only, and it became a result",
    ),
    mistake(
        "a plain email",
        (
            INIT,
            'Share(field="phone_number", transform="sha256_e164"),',
            'Share(field="phone_number", transform="sha256_e164"), Share(field="email"),',
        ),
        (ROWS, '"phone_sha256": item.phone_number,', '"phone_sha256": item.phone_number, "email": item.email,'),
        promise="No plain phone number or email and nothing undeclared is sent",
        says="email is sent plain; declare a transform that hashes it in its share",
    ),
    mistake(
        "a hash of its own",
        (
            ROWS,
            '"phone_sha256": item.phone_number,',
            '"phone_sha256": hashlib.sha256((item.phone_number or "").encode()).hexdigest(),',
        ),
        uses="import hashlib",
        promise="What is hashed is sent as the manifest says",
        says="phone_number does not arrive as its share's transform sha",
    ),
    mistake(
        "unknown becomes granted",
        (
            ROWS,
            '"ad_user_data": item.ad_user_data,',
            '"ad_user_data": "granted" if item.ad_user_data == "unknown" else item.ad_user_data,',
        ),
        promise="An unknown permission never becomes a yes",
        says="ad_user_data was turned into granted",
    ),
    mistake(
        "permissions are left out",
        (
            ROWS,
            '        "ad_user_data": item.ad_user_data,\n        "ad_personalization": item.ad_personalization,\n',
            "",
        ),
        promise="Granted, denied and unknown permissions differ in what is sent",
        says="a permission that is unknown is sent exactly as one that was granted; use the network's consent fields, or dec",
    ),
    mistake(
        "a slow upload",
        (INIT, SEND, f"        time.sleep(20)\n{SEND}"),
        uses="import time",
        promise="Refused credentials ask to reconnect",
        says="s at a stand-in that answers in milliseconds; its deadline is",
    ),
    mistake(
        "the key in an error",
        (
            INIT,
            SEND,
            f"        try:\n    {SEND}        except RetryLater as error:\n            raise RetryLater(f'{{error}} {{self.settings.api_key.get_secret_value()}}', error.after) from None\n",
        ),
        promise="Nothing secret or personal is told whatever the provider does",
        says="upload_conversions, after too many requests, tells",
    ),
    mistake(
        "the key in a log line",
        (INIT, SEND, f"        self.services.log.info('sent', key=self.settings.api_key.get_secret_value())\n{SEND}"),
        promise="Nothing secret or personal is told when all is well",
        says="upload_conversions tells",
    ),
    mistake(
        "a click id is printed",
        (INIT, SEND, f"        print(conversions[0].click_ids)\n{SEND}"),
        promise="Nothing secret or personal is told when all is well",
        says="upload_conversions tells",
    ),
    mistake(
        "a dry run counts",
        (INIT, '"validate_only": dry_run', '"validate_only": False'),
        promise="A dry run counts nothing",
        says="the dry run was counted",
    ),
    mistake(
        "a batch is refused for one item",
        (
            INIT,
            RECEIPTS,
            f"        if any(each.get('status') == 'refused' for each in results):\n            raise Rejected('Refused.')\n{RECEIPTS}",
        ),
        (INIT, "    RetryLater,", "    RetryLater, Rejected,"),
        promise="One refused item costs the others nothing",
        says="upload_conversions ended in Rejected: Refused.",
    ),
    mistake(
        "a receipt too few",
        (INIT, RECEIPTS, RECEIPTS.rstrip() + "[1:]\n"),
        promise="The same conversion counts once however often it comes",
        says="exactly one receipt an item; not so for",
    ),
    mistake(
        "more rows in a request than the manifest says",
        (INIT, "batch_size=100", "batch_size=100, per_request=50"),
        promise="A batch as large as declared is taken",
        says="items in one request; the manifest's limits say",
    ),
    mistake(
        "more rows than the network takes, and a stand-in that takes them",
        (INIT, "batch_size=100", "batch_size=150"),
        (SANDBOX, "= 100", "= 5000"),
        ("README.md", "100 conversions", "150 conversions"),
        promise=f"{DOCUMENTED} (too many rows)",
        says="the stand-in answers 200, documented is 400",
    ),
    mistake(
        "a failed request is sent again",
        (INIT, SEND, f"        try:\n    {SEND}        except RetryLater:\n    {SEND}"),
        promise="A failed request is not sent again by the plugin",
        says="requests although the first ended in a server error; the hub tries again",
    ),
    mistake(
        "rows go to another host too",
        (INIT, SEND, f"        self.services.http().post('https://collector.example.net/rows', json=body)\n{SEND}"),
        promise="A redirect to another place is not followed",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "rows go to another host too, and the refusal is swallowed",
        (INIT, SEND, COLLECTOR + SEND),
        promise="A redirect to another place is not followed",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "six hours early",
        (ROWS, TIME, '"time": (item.occurred_at - timedelta(hours=6)).isoformat(),'),
        uses="from datetime import timedelta",
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "the time of sending",
        (ROWS, TIME, '"time": datetime.now(UTC).isoformat(),'),
        uses="from datetime import UTC, datetime",
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "a time to the hour",
        (ROWS, TIME, '"time": item.occurred_at.strftime("%Y-%m-%dT%H:00:00%z"),'),
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "milliseconds for seconds",
        (ROWS, TIME, '"time": int(item.occurred_at.timestamp() * 1000),'),
        (
            SANDBOX,
            'datetime.fromisoformat(row["time"]) < self.clock() - timedelta(days=90)',
            'row["time"] < (self.clock() - timedelta(days=90)).timestamp()',
        ),
        promise=f"{DOCUMENTED} (upload)",
        says="the stand-in answers 500, documented is 200",
    ),
    mistake(
        "a zone is taken for UTC",
        (ROWS, TIME, '"time": item.occurred_at.strftime("%Y-%m-%dT%H:%M:%S+00:00"),'),
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "only the day",
        (ROWS, TIME, '"time": item.occurred_at.strftime("%Y-%m-%dT00:00:00+00:00"),'),
        promise="A conversion travels with the time of its event in any time zone",
        says="no request holds the time of the event",
    ),
    mistake(
        "the key and the number in the reason of an item that is not sent",
        (INIT, "        if not conversions:\n", FIRST_BATCH),
        promise="A poor conversion still gets its receipt (a click id)",
        says="of a conversion without a click id the reason tells",
    ),
    mistake(
        "the key in the reason of a conversion without a value",
        (
            ROWS,
            "    row = {\n",
            '    if not item.value:\n        return {"id": item.key, "type": "new", "time": "x"}\n    row = {\n',
        ),
        (
            INIT,
            "        if not conversions:\n",
            "        if any(each.value is None for each in conversions):\n            return [Receipt(key=each.key, status='unmatched', sent=False, reason=f'{self.settings.api_key.get_secret_value()} has no value.') for each in conversions]\n        if not conversions:\n",
        ),
        promise="A poor conversion still gets its receipt (a value)",
        says="of a conversion without a value the reason tells",
    ),
    mistake(
        "an erasure that asks nobody",
        (INIT, LAST_METHOD, ERASE + "\n" + LAST_METHOD),
        (INIT, "    Deletion,", "    Deletion, Erasure,"),
        promise="An erasure that asked nobody erased nothing",
        says="erase_person says `erased`, but asked nobody; say `nothing_held`, or `impossible` with the reason",
    ),
    mistake(
        "two fields of the row are swapped",
        (ROWS, '"click_id": item.click_ids.get("gclid")', '"click_id": item.phone_number'),
        (ROWS, '"phone_sha256": item.phone_number', '"phone_sha256": item.click_ids.get("gclid")'),
        promise=f"{DOCUMENTED} (upload)",
        says="conversions.0.click_id is",
    ),
    mistake(
        "a misspelled click id in manifest and row",
        (INIT, 'keys=("gclid",)', 'keys=("gclld",)'),
        (ROWS, 'get("gclid")', 'get("gclld")'),
        promise="Each declared click id of a landing page reaches the network",
        says="gclld is not a well-known click id: add a ClickId to the manifest, which says its source",
    ),
    mistake(
        "a field that is not declared",
        (ROWS, '"phone_sha256": item.phone_number,', '"phone_sha256": item.phone_number, "agent": item.user_agent,'),
        promise="A conversion counts with its value",
        says="it tried to read user_agent in upload_conversions, which its manifest does not declare",
    ),
    mistake(
        "a hash that the network does not know",
        (INIT, "sha256_e164", "sha256_digits"),
        promise=f"{DOCUMENTED} (upload)",
        says="conversions.0.phone_sha256 is",
    ),
    mistake(
        "a restatement is dropped",
        (INIT, "conversion_row(item) for item in conversions]", NOT_RESTATED),
        (INIT, "len(results) != len(conversions):", "len(results) > len(conversions):"),
        (INIT, "strict=True", "strict=False"),
        promise="A restated value replaces the first",
        says="exactly one receipt an item; not so for",
    ),
    mistake(
        "a restatement goes as a new conversion",
        (ROWS, '"type": item.kind', '"type": "new"'),
        promise="A restated value replaces the first",
        says="the network counts",
    ),
    mistake(
        "only the first batch is sent",
        (
            INIT,
            "        if not conversions:\n",
            "        if self.services.memory.get('done'):\n            return [Receipt(key=each.key, status='delivered') for each in conversions]\n        self.services.memory.put('done', 'yes')\n        if not conversions:\n",
        ),
        promise="A batch as large as declared is taken",
        says="conversions are not counted",
    ),
    mistake(
        "the click id in an address",
        (INIT, '"/v1/conversions", body', "f\"/v1/conversions?click={conversions[0].click_ids.get('gclid')}\", body"),
        promise="No address holds personal data or a secret",
        says="in an address; send it in the body, or say in manifest.personal_in_address why that is impossible",
    ),
    mistake(
        "the key in the address of the check",
        (INIT, '"/v1/account")', 'f"/v1/account?key={self.settings.api_key.get_secret_value()}")'),
        promise="No address holds personal data or a secret",
        says="in an address; send it in the body, or say in manifest.personal_in_address why that is impossible",
    ),
    mistake(
        "the key in the connection's report",
        (
            INIT,
            "detail=f\"Signed in to the account {account['name']}.\"",
            'detail=f"Signed in with {self.settings.api_key.get_secret_value()}."',
        ),
        promise="Nothing secret or personal is told when all is well",
        says="check_connection tells",
    ),
    mistake(
        "a check that never fails",
        (INIT, 'account = request(self.services, self.settings, "GET", "/v1/account")', "account = {'name': 'any'}"),
        promise="A failed connection check says so",
        says="after refused credentials check_connection returned ok=True",
    ),
    mistake(
        "garbage is a refusal",
        (CLIENT, "raise RetryLater(", "raise Rejected("),
        (CLIENT, "RetryLater, Services", "Rejected, Services"),
        promise="An answer that is garbage is tried again",
        says="upload_conversions: an unreadable reply must become RetryLater, not Rejected",
    ),
    mistake(
        "a missing value breaks it",
        (ROWS, "str(item.value.amount) if item.value else None", "str(item.value.amount)"),
        promise="A poor conversion still gets its receipt (a value)",
        says="upload_conversions raised AttributeError at translate.py",
    ),
    mistake(
        "each request is sent twice",
        (INIT, SEND, SEND + SEND),
        promise="No request is made twice in one call of a hook",
        says="upload_conversions sent one request",
    ),
)
