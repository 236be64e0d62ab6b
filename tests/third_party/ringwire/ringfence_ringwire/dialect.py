"""What Ringwire's webhooks look like: the forms of TwiML, with UUIDs as ids."""

import re

from hub.api.twiml import TwimlWebhook

ORIGIN = "https://api.ringwire.example.com"
SIGNATURE = "x-ringwire-signature"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RingwireWebhook(TwimlWebhook):
    carrier = "Ringwire"
    call_id_form = recording_id_form = text_id_form = UUID
