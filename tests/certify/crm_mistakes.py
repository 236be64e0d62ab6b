"""Mistakes in plugins for CRMs, in the package of `hub new-plugin`."""

from __future__ import annotations

from mistaken_plugins import DOCUMENTED, Mistake, mistake

INIT, CLIENT, RECORDS, SANDBOX = "__init__.py", "client.py", "translate.py", "sandbox.py"
PUT = 'request(self.services, self.settings, "PUT", f"/v1/calls/{activity.key}", record)'
LOG = "        return [self._log(activity) for activity in activities]\n"
CHANGED = 'changed_at=datetime.fromisoformat(deal["changed_at"])'
PULL = "    @hookimpl\n    def pull_outcomes"

CRM: tuple[Mistake, ...] = (
    mistake(
        "calls of everybody on one contact",
        (SANDBOX, 'if contact["phone"] == phone]', "if phone]"),
        promise="A call is logged on the contact who called (the United States)",
        says="not on the contact with the caller's number",
    ),
    mistake(
        "seven digits are enough",
        (SANDBOX, 'contact["phone"] == phone', 'contact["phone"][-7:] == str(phone)[-7:]'),
        promise="A caller is not taken for somebody with a similar number",
        says="the call was logged on a contact with another area code",
    ),
    mistake(
        "every number is North American",
        (INIT, '{"phone": number}', '{"phone": "+1" + number[-10:]}'),
        promise="A call is logged on the contact who called (Britain)",
        says="not on the contact with the caller's number",
    ),
    mistake(
        "a time without a zone",
        (RECORDS, CHANGED, CHANGED + ".replace(tzinfo=None)"),
        promise="Every deal comes with its stage value and person (1200.50 USD)",
        says="a time without a zone",
    ),
    mistake(
        "a key of its own each time",
        (INIT, "{activity.key}", "{uuid.uuid4().hex}"),
        uses="import uuid",
        promise="The same call is logged once",
        says="one call was logged",
    ),
    mistake(
        "a 429 is a refusal",
        (INIT, "except Rejected as error:", "except (Rejected, RetryLater) as error:"),
        (INIT, "code=error.code", "code='x'"),
        promise="A call lost in a fault is logged once after a retry",
        says="it must be tried again",
    ),
    mistake(
        "every error is a success",
        (
            INIT,
            '        except Rejected as error:\n            return Receipt(key=activity.key, status="rejected", code=error.code, reason=str(error))\n',
            "        except RingfenceError:\n            pass\n",
        ),
        (INIT, "    Rejected,", "    RingfenceError,"),
        promise="One refused call costs the others nothing",
        says="the refused call must be rejected with a reason: Receipt",
    ),
    mistake(
        "the number in an address",
        (INIT, '"/v1/contacts/search"', 'f"/v1/contacts/search?phone={number}"'),
        promise="No address holds personal data or a secret",
        says="in an address; send it in the body, or say in manifest.personal_in_address why that is impossible",
    ),
    mistake(
        "an erasure that deletes nothing",
        (
            INIT,
            "    def _delete(self, path: str) -> bool:\n",
            "    def _delete(self, path: str) -> bool:\n        return True\n",
        ),
        promise="A person can be shown and erased",
        says="erase_person says `erased`, but export_person still finds the person; give a reason if so",
    ),
    mistake(
        "an erasure that never ends",
        (
            INIT,
            '        return request(self.services, self.settings, "DELETE", path) is not None\n',
            '        if request(self.services, self.settings, "DELETE", path) is None:\n'
            '            raise RetryLater("The record is not there.")\n'
            "        return True\n",
        ),
        promise="An erasure of what is gone already ends",
        says="erase_person never ends if a record is gone already",
    ),
    mistake(
        "a stand-in that hides what is left after an erasure",
        (SANDBOX, "def held_ids(", "def shown_ids("),
        promise="A person can be shown and erased",
        says="its stand-in must say what it still keeps: give it held_ids()",
    ),
    mistake(
        "a shared contact is deleted",
        (INIT, "erase_logged(person, calls", "erase_logged(PersonReference(), calls"),
        promise="A contact that companies share is not erased",
        says="say that the contact stays, and why",
    ),
    mistake(
        "an empty export",
        (INIT, "[held_record(contact) for contact in self._contacts(person.phone_numbers)]", "[]"),
        promise="A person can be shown and erased",
        says="the contact was not found",
    ),
    mistake(
        "the currency of deals is always USD",
        (RECORDS, 'Decimal(deal["amount"]), deal["currency"]', 'Decimal(deal["amount"]), "USD"'),
        promise="Every deal comes with its stage value and person (87.65 EUR)",
        says="EUR came as",
    ),
    mistake(
        "cents as dollars, and a stand-in that agrees",
        (RECORDS, 'Decimal(deal["amount"])', 'Decimal(deal["amount"]) * 100'),
        (SANDBOX, '"amount": amount', '"amount": f"{float(amount) / 100:.4f}"'),
        promise=f"{DOCUMENTED} (read deals)",
        says="value.amount is '120050.00' instead of '1200.50'",
    ),
    mistake(
        "a call six hours early",
        (RECORDS, "activity.started_at.isoformat()", "(activity.started_at - timedelta(hours=6)).isoformat()"),
        promise="A call is logged with the time of its start in any time zone",
        says="no request holds the call's start",
    ),
    mistake(
        "the zone of a call's start is taken for UTC",
        (RECORDS, "activity.started_at.isoformat()", 'activity.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")'),
        promise="A call is logged with the time of its start in any time zone",
        says="no request holds the call's start",
    ),
    mistake(
        "the offset of a deal's time is dropped",
        (RECORDS, CHANGED, CHANGED + ".replace(tzinfo=UTC)"),
        (RECORDS, "import datetime, timedelta", "import UTC, datetime, timedelta"),
        promise="Every deal comes with its stage value and person (1200.50 USD)",
        says="read the offset of its time",
    ),
    mistake(
        "a deal six hours late",
        (
            RECORDS,
            'occurred_at=datetime.fromisoformat(deal["changed_at"])',
            'occurred_at=datetime.fromisoformat(deal["changed_at"]) + timedelta(hours=6)',
        ),
        promise="Every deal comes with its stage value and person (1200.50 USD)",
        says="read the offset of its time",
    ),
    mistake(
        "only the first page of deals",
        (INIT, 'more=bool(page.get("more"))', "more=False"),
        promise="Outcomes are complete in pages of two",
        says="deals did not come: read every page",
    ),
    mistake(
        "a cursor that skips",
        (INIT, 'deals[-1]["sequence"])', 'deals[-1]["sequence"] + 4)'),
        promise="Outcomes are complete in any paging",
        says="deals got lost between two pages",
    ),
    mistake(
        "pages without an end",
        (INIT, 'more=bool(page.get("more"))', "more=True"),
        promise="Outcomes are complete in any paging",
        says="pull_outcomes says `more` for ever",
    ),
    mistake(
        "a stage that is always won",
        (RECORDS, 'stage=deal["stage"]', 'stage="won"'),
        promise="Every deal comes with its stage value and person (1200.50 USD)",
        says="a deal that is qualified came as won",
    ),
    mistake(
        "no person of a deal",
        (RECORDS, "phone_numbers=(number,) if number else ()", "phone_numbers=()"),
        promise="Every deal comes with its stage value and person (1200.50 USD)",
        says="the contact's numbers in E.",
    ),
    mistake(
        "calls of strangers are left out",
        (
            INIT,
            LOG,
            "        done = [a for a in activities if self._contact(a.caller_number)]\n        for each in done:\n            self._log(each)\n        return [Receipt(key=a.key, status='delivered') for a in activities]\n",
        ),
        promise="An unknown or hidden caller is logged too",
        says="a call from nobody in the CRM must be logged too",
    ),
    mistake(
        "only the first call of a batch",
        (
            INIT,
            LOG,
            "        first = [self._log(activity) for activity in activities[:1]]\n        return first + [Receipt(key=a.key, status='delivered') for a in activities[1:]]\n",
        ),
        promise="Each call of a batch has a receipt and a record",
        says="each call must be logged one time, not",
    ),
    mistake(
        "only the first batch",
        (
            INIT,
            LOG,
            "        if self.services.memory.get('done'):\n            return [Receipt(key=a.key, status='delivered') for a in activities]\n        self.services.memory.put('done', 'yes')\n"
            + LOG,
        ),
        promise="Each call of a batch has a receipt and a record",
        says="each call must be logged one time, not",
    ),
    mistake(
        "the key in an error",
        (CLIENT, 'raise RetryLater("Tame Crm sent', 'raise RetryLater(f"{settings.api_key.get_secret_value()} sent'),
        promise="Nothing secret or personal is told whatever the provider does",
        says="log_calls, after garbage, tells",
    ),
    mistake(
        "the number in the reason of a refusal",
        (INIT, "reason=str(error)", 'reason=f"{error} {activity.caller_number}"'),
        promise="One refused call costs the others nothing",
        says="a reason tells personal data",
    ),
    mistake(
        "a slow log",
        (INIT, LOG, "        time.sleep(20)\n" + LOG),
        uses="import time",
        promise="The same call is logged once",
        says="s at a stand-in that answers in milliseconds; its deadline is",
    ),
    mistake(
        "a failed request is sent again",
        (
            INIT,
            f"            {PUT}\n",
            f"            try:\n                {PUT}\n            except RetryLater:\n                {PUT}\n",
        ),
        promise="A failed request is not sent again by the plugin",
        says="more requests after one whose reply was lost; the provider may have taken it, so leave it to the hub",
    ),
    mistake(
        "a deletion is sent again",
        (
            INIT,
            '        return request(self.services, self.settings, "DELETE", path) is not None\n',
            '        try:\n            return request(self.services, self.settings, "DELETE", path) is not None\n        except RetryLater:\n            return request(self.services, self.settings, "DELETE", path) is not None\n',
        ),
        promise="An erasure whose reply is lost is finished by the next try",
        says="erase_person sent a request again whose reply was lost; leave it to the hub",
    ),
    mistake(
        "a batch that is never done in time",
        (INIT, "batch_size=50", "batch_size=5000"),
        promise="A batch as large as declared is logged",
        says="s; declare a smaller limits.batch_size",
    ),
    mistake(
        "calls go to another host too",
        (
            INIT,
            LOG,
            "        try:\n            self.services.http().post('https://collector.example.net/', json={})\n        except Exception:\n            pass\n"
            + LOG,
        ),
        promise="A redirect to another place is not followed",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "a program is started, and the refusal is swallowed",
        (
            INIT,
            LOG,
            "        try:\n            subprocess.run(['true'], check=False)\n        except OSError:\n            pass\n"
            + LOG,
        ),
        uses="import subprocess",
        promise="The same call is logged once",
        says="it tried to do what a hub refuses: subprocess.Popen",
    ),
    mistake(
        "a field that is not declared",
        (RECORDS, '"seconds": activity.duration', '"audio": activity.recording_url, "seconds": activity.duration'),
        promise="The same call is logged once",
        says="it tried to read recording_url in log_calls, which its manifest does not declare",
    ),
    mistake(
        "everybody is known",
        (
            INIT,
            "return contact_facts(contact) if contact else []",
            'return contact_facts(contact or {"name": "Pat Doe"})',
        ),
        promise="A known caller is told and an unknown one is not",
        says="there are facts about a caller whom nobody knows",
    ),
    mistake(
        "the same contact is looked up twice",
        (
            INIT,
            "        contact = self._contact(activity.caller_number)\n",
            "        contact = [self._contact(activity.caller_number) for _ in range(2)][0]\n",
        ),
        promise="No request is made twice in one call of a hook",
        says="log_calls sent one request",
    ),
)
