"""Requests and replies copied from a vendor's documentation, and what holds a plugin and its stand-in against them.

A file `*.http` in the folder `exchanges` beside a plugin begins with comments:

    # source: the address of the vendor's page
    # read: the day on which you read it, 2026-11-30
    # stage: contact = add_contact {"name": "Ada Example", "phone_number": "+13125550142"}
    # hook: the hook that sends these requests
    # activities: an argument of that hook, here `activities`, as JSON
    # result: what the hook returns if the vendor answers as documented, as JSON; or the error, as "RetryLater"
    # free: fields whose values may differ, separated by commas

Then follow one or more requests, each with its reply, as HTTP/1.1 messages. `{{name}}` stands for a value: one of the
stand-in's settings, of a stage, or of an earlier reply, where `"{{name}}"` in place of a value gives it that name; `{{a:b}}`
is two of them in base64, as HTTP Basic wants, `{{a:}}` one with an empty password. A body that is not JSON is bytes as
`{"base64": "…"}` or `< FILE`.
Forms may be cut into lines at each `&`. A field of a reply is written `"name?"` if the stand-in need not send it.

A file with `# event:` holds what the vendor sends to the hub, and the event that the plugin makes of it; `# unsigned: why`
leaves the signature out, `# settings:` are settings of the connector, and `# now:` is the time at which it came.
"""

from hub.testing.exchanges.exchange_checks import ExchangeChecks
from hub.testing.exchanges.exchange_file import ExchangeFile, exchange_paths, read_exchange_file
from hub.testing.exchanges.held_against import exchange_folder, held_against
from hub.testing.exchanges.messages import ExchangeError

__all__ = [
    "ExchangeChecks",
    "ExchangeError",
    "ExchangeFile",
    "exchange_folder",
    "exchange_paths",
    "held_against",
    "read_exchange_file",
]
