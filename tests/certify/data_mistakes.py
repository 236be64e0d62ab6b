"""Mistakes in plugins that look callers up and in those that transcribe, in the packages of `hub new-plugin`."""

from __future__ import annotations

from mistaken_plugins import DOCUMENTED, Mistake, mistake

INIT, CLIENT, FACTS, SANDBOX = "__init__.py", "client.py", "translate.py", "sandbox.py"
LOOK_UP = (
    '        found = request(self.services, self.settings, "POST", "/v1/lookup", {"phone": caller.phone_number})\n'
)
COLLECTOR = "        try:\n            self.services.http().post('https://collector.example.net/', json={})\n        except Exception:\n            pass\n"

ENRICHMENT: tuple[Mistake, ...] = (
    mistake(
        "nothing is said of how long data is kept",
        (INIT, '        retention="not kept",\n', ""),
        promise="The manifest says how long data is kept and whether it can be deleted",
        says="say how long the recipient keeps what it is given",
    ),
    mistake(
        "a category that does not exist",
        (FACTS, '"user.telephony.line_type"', '"user.line"'),
        promise="Facts about a known caller are valid",
        says="Fact.category is not a data category; did you mean 'user.name'? It is one of user.advertising.click_id",
    ),
    mistake(
        "a region with its country",
        (FACTS, '"city": ("city", ', '"city": ("region", '),
        promise="Facts about a known caller are valid",
        says="the hub reads 'region', and this value is not like 'IL' (`hub docs hooks#fact`)",
    ),
    mistake(
        "a confidence in percent",
        (FACTS, "confidence=confidence", "confidence=confidence * 100"),
        promise="Facts about a known caller are valid",
        says="Fact.confidence is from 0 to 1",
    ),
    mistake(
        "a 429 means that nothing is known",
        (CLIENT, "expected=(404,)", "expected=(404, 429)"),
        (CLIENT, "== 404", "in (404, 429)"),
        promise="A wait that the provider asks for is passed on",
        says="must become RetryLater, not a result",
    ),
    mistake(
        "garbage means that nothing is known",
        (
            CLIENT,
            'raise RetryLater("Tame Enrichment sent an answer that cannot be read; the hub will try again.")',
            "return None",
        ),
        promise="An answer that is garbage is tried again",
        says="enrich_caller: an unreadable reply must become RetryLater, not a result",
    ),
    mistake(
        "the number in an address",
        (INIT, '"/v1/lookup", {', 'f"/v1/lookup?phone={caller.phone_number}", {'),
        promise="No address holds personal data or a secret",
        says="in an address; send it in the body, or say in manifest.personal_in_address why that is impossible",
    ),
    mistake(
        "a caller who hides is looked up",
        (INIT, "        if not caller.phone_number:\n            return []\n", ""),
        (
            SANDBOX,
            'PHONES.get((await request.json()).get("phone"))',
            'PHONES.get((await request.json()).get("phone") or "+13125550142")',
        ),
        promise="Nothing is said of a caller who hides",
        says="the caller hides the number, and the plugin says",
    ),
    mistake(
        "facts about an unknown number",
        (INIT, "return facts(found) if found else []", 'return facts(found or {"name": "Unknown", "line": "mobile"})'),
        promise="Nobody is named for a number that the provider does not know",
        says="nobody knows whose number it is, and the plugin says name",
    ),
    mistake(
        "an error in a reply of 200 is a fact",
        (
            FACTS,
            "    return [\n",
            '    found = found if "name" in found else {"name": "Unknown", **found}\n    return [\n',
        ),
        promise="An error in a reply of 200 is no success",
        says="holds an error only, and it became a result",
    ),
    mistake(
        "an undeclared field",
        (INIT, '{"phone": caller.phone_number}', '{"phone": caller.phone_number, "name": caller.caller_name}'),
        promise="The same caller has the same facts",
        says="it tried to read caller_name in enrich_caller, which its manifest does not declare",
    ),
    mistake(
        "the key in an error",
        (
            CLIENT,
            'raise RetryLater("Tame Enrichment sent',
            'raise RetryLater(f"{settings.api_key.get_secret_value()} sent',
        ),
        promise="Nothing secret or personal is told whatever the provider does",
        says="enrich_caller, after garbage, tells",
    ),
    mistake(
        "the number is printed",
        (INIT, LOOK_UP, "        print(caller.phone_number)\n" + LOOK_UP),
        promise="Nothing secret or personal is told when all is well",
        says="enrich_caller tells",
    ),
    mistake(
        "the number in a log line",
        (INIT, LOOK_UP, "        self.services.log.info('look-up', number=caller.phone_number)\n" + LOOK_UP),
        promise="Nothing secret or personal is told when all is well",
        says="enrich_caller tells",
    ),
    mistake(
        "the number in an error",
        (
            INIT,
            LOOK_UP,
            "        try:\n    "
            + LOOK_UP
            + "        except RetryLater as error:\n            raise RetryLater(f'{caller.phone_number} was not found', error.after) from None\n",
        ),
        (INIT, "    Recipient,", "    Recipient, RetryLater,"),
        promise="Nothing secret or personal is told whatever the provider does",
        says="enrich_caller, after too many requests, tells",
    ),
    mistake(
        "facts by chance",
        (FACTS, "value=found[field]", "value=found[field] + uuid.uuid4().hex"),
        uses="import uuid",
        promise="The same caller has the same facts",
        says="the second look-up of a caller gave other facts",
    ),
    mistake(
        "two facts of one name",
        (FACTS, '"line": ("line_type"', '"line": ("name"'),
        promise="Facts about a known caller are valid",
        says="one fact a name",
    ),
    mistake(
        "numbers go to another host too",
        (INIT, LOOK_UP, COLLECTOR + LOOK_UP),
        promise="A redirect to another place is not followed",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "a file is kept in the folder for temporary files of the machine",
        (
            INIT,
            LOOK_UP,
            "        try:\n            open('/tmp/ringfence-kept', 'w').close()\n        except OSError:\n            pass\n"
            + LOOK_UP,
        ),
        promise="The same caller has the same facts",
        says="it tried to do what a hub refuses: open /tmp/ringfence-kept",
    ),
    mistake(
        "a file of the machine is read while the plugin is imported",
        (FACTS, "KNOWN = {", "try:\n    open('/etc/passwd').close()\nexcept OSError:\n    pass\nKNOWN = {"),
        promise="Importing the plugin does nothing that a hub refuses",
        says="while it is imported, it tried to do what a hub refuses: open /etc/passwd",
    ),
    mistake(
        "a check that does not read the reply",
        (INIT, 'if not account or "name" not in account:', "if not account:"),
        (INIT, "account['name']", "account.get('name')"),
        promise="A failed connection check says so",
        says="after an error in a reply of 200 check_connection returned ok=True",
    ),
    mistake(
        "each caller is paid twice",
        (INIT, LOOK_UP, LOOK_UP + LOOK_UP),
        promise="No request is made twice in one call of a hook",
        says="enrich_caller sent one request",
    ),
    mistake(
        "a slow look-up",
        (INIT, LOOK_UP, "        time.sleep(20)\n" + LOOK_UP),
        uses="import time",
        promise="The same caller has the same facts",
        says="s at a stand-in that answers in milliseconds; its deadline is",
    ),
    mistake(
        "a failed look-up is sent again",
        (INIT, LOOK_UP, "        try:\n    " + LOOK_UP + "        except RetryLater:\n    " + LOOK_UP),
        (INIT, "    Recipient,", "    Recipient, RetryLater,"),
        promise="A failed request is not sent again by the plugin",
        says="requests although the first ended in a server error; the hub tries again",
    ),
    mistake(
        "an empty fact",
        (FACTS, "if isinstance(found.get(field), str) and found[field].strip()", "if field in found"),
        (SANDBOX, '"city": "Chicago"', '"city": " "'),
        promise="Facts about a known caller are valid",
        says="is not a text, or empty",
    ),
    mistake(
        "a partial answer is taken for whole",
        (SANDBOX, '"line": "mobile"', '"partial": True'),
        promise=f"{DOCUMENTED} (look up)",
        says="the reply lacks line",
    ),
    mistake(
        "odd numbers break it",
        (INIT, LOOK_UP, "        int(caller.phone_number)\n" + LOOK_UP),
        promise="No caller breaks the plugin",
        says="enrich_caller raised ValueError at ",
    ),
)

ASK = '        heard = request(self.services, self.settings, "POST", "/v1/transcripts", body)\n'
TRANSCRIPTION: tuple[Mistake, ...] = (
    mistake(
        "the channels are swapped",
        (FACTS, '1: "caller", 2: "business"', '1: "business", 2: "caller"'),
        promise="Words are of who spoke them, whoever began",
        says="the first channel is the caller's, the second",
    ),
    mistake(
        "who speaks first is the caller",
        (
            FACTS,
            "    return tuple(sorted(found, key=lambda part: (part.start, part.end)))",
            '    found.sort(key=lambda part: part.start)\n    named = [p if p.channel == "both" else replace(p, channel="business" if n else "caller") for n, p in enumerate(found)]\n    return tuple(named)',
        ),
        uses="from dataclasses import replace",
        promise="Words are of who spoke them, whoever began",
        says="the first channel is the caller's",
    ),
    mistake(
        "the audio is not shared",
        (INIT, 'shares=(Share(field="audio"),)', "shares=()"),
        promise="The audio is declared",
        says="declare the flow of transcribe with the share",
    ),
    mistake(
        "every language is English",
        (FACTS, "    if code not in LANGUAGES:\n", "    code = 'en'\n    if code not in LANGUAGES:\n"),
        promise="A language that is not known is rejected",
        says="the language 'tlh' must become Rejected",
    ),
    mistake(
        "milliseconds for seconds",
        (FACTS, 'float(each["to"])', 'float(each["to"]) * 1000'),
        promise="Parts come in order and within the audio",
        says="a part is within the audio, in seconds",
    ),
    mistake(
        "the order is reversed",
        (
            FACTS,
            "tuple(sorted(found, key=lambda part: (part.start, part.end)))",
            "tuple(sorted(found, key=lambda part: -part.start))",
        ),
        promise="Parts come in order and within the audio",
        says="the parts are in the order in which they were said",
    ),
    mistake(
        "a failed request is sent again",
        (INIT, ASK, "        try:\n    " + ASK + "        except RetryLater:\n    " + ASK),
        (INIT, "    Rejected,", "    Rejected, RetryLater,"),
        promise="A failed request is not sent again by the plugin",
        says="requests although the first ended in a server error; the hub tries again",
    ),
    mistake(
        "a 429 is a refusal",
        (CLIENT, "expected=(404,)", "expected=(404, 429)"),
        (CLIENT, "== 404", "in (404, 429)"),
        promise="A wait that the provider asks for is passed on",
        says="must become RetryLater, not Rejected",
    ),
    mistake(
        "the key in an address",
        (INIT, '"/v1/transcripts", body', 'f"/v1/transcripts?key={self.settings.api_key.get_secret_value()}", body'),
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
        "the key in an error",
        (
            CLIENT,
            'raise RetryLater("Tame Transcription sent',
            'raise RetryLater(f"{settings.api_key.get_secret_value()} sent',
        ),
        promise="Nothing secret or personal is told whatever the provider does",
        says="transcribe, after garbage, tells",
    ),
    mistake(
        "a slow request",
        (INIT, ASK, "        time.sleep(20)\n" + ASK),
        uses="import time",
        promise="One channel is of both",
        says="s at a stand-in that answers in milliseconds; its deadline is",
    ),
    mistake(
        "words are printed",
        (INIT, ASK, ASK + "        print([part.text for part in parts(heard)])\n"),
        promise="No word is told in a log line",
        says="a log line tells what was said",
    ),
    mistake(
        "words in a log line",
        (INIT, ASK, ASK + "        self.services.log.info('heard', words=[part.text for part in parts(heard)])\n"),
        promise="No word is told in a log line",
        says="a log line tells what was said",
    ),
    mistake(
        "words in silence",
        (
            INIT,
            "parts=parts(heard))",
            "parts=parts(heard) or (TranscriptPart(start=0, end=1, text='Thank you.', channel='both'),))",
        ),
        (INIT, "    Transcript,", "    Transcript, TranscriptPart,"),
        promise="Silence has no words",
        says="two seconds of silence became 1 parts with words",
    ),
    mistake(
        "audio goes to another host too",
        (INIT, ASK, COLLECTOR + ASK),
        promise="One channel is of both",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "an error in a reply of 200 is silence",
        (FACTS, 'heard["parts"]', 'heard.get("parts", [])'),
        promise="An error in a reply of 200 is no success",
        says="holds an error only, and it became a result",
    ),
    mistake(
        "audio stays in the folder for temporary files",
        (
            INIT,
            ASK,
            "        with tempfile.NamedTemporaryFile(delete=False) as file:\n            file.write(audio.audio or b'')\n"
            + ASK,
        ),
        uses="import tempfile",
        promise="No file of a recording stays",
        says="files stay in the folder for temporary files after transcribe",
    ),
    mistake(
        "audio is kept in a file by a thread",
        (
            INIT,
            ASK,
            "        keeper = threading.Thread(target=keep)\n        keeper.start()\n        keeper.join()\n" + ASK,
        ),
        uses="import threading\n\n\ndef keep():\n    try:\n        open('/kept.wav', 'w')\n    except OSError:\n        pass\n",
        promise="One channel is of both",
        says="it tried to do what a hub refuses: open /kept.wav",
    ),
    mistake(
        "a recording is sent twice",
        (INIT, ASK, ASK + ASK),
        promise="No request is made twice in one call of a hook",
        says="transcribe sent one request",
    ),
    mistake(
        "no model",
        (INIT, 'model = str(heard.get("model", "of unknown name"))', 'model = ""'),
        promise="Parts come in order and within the audio",
        says="give the model's name",
    ),
    mistake(
        "what is no sound is silence",
        (INIT, ASK, "        try:\n    " + ASK + "        except Rejected:\n            heard = {'parts': []}\n"),
        promise="What is no sound is rejected (nothing)",
        says="nothing must become Rejected",
    ),
    mistake(
        "the service is told to keep the recording",
        (
            INIT,
            '            "language": language_code',
            '            "keep": True,\n            "language": language_code',
        ),
        promise=f"{DOCUMENTED} (transcribe)",
        says="keep is sent, but not documented",
    ),
    mistake(
        "confidence in percent",
        (FACTS, 'confidence=each.get("sure")', "confidence=97"),
        promise="Parts come in order and within the audio",
        says="the confidence of a part is from 0 to 1",
    ),
)
