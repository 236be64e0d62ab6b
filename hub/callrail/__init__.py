"""CallRail's wire form: ids, dates, field sets, and calls, texts and forms in CallRail's shape.

The API (`hub.web.callrail`), webhooks and the import share it, so nothing here knows the web. A record is rendered in two
steps. `hub.queries` reads what is known (of calls and forms as `ContactView`), each table asked once for a page; then
`hub.callrail.calls.call_record(facts, fields, place)` (and its siblings) makes the JSON object with exactly these fields.
`hub.callrail.fields` lists the fields that a record has by default and those that a client may ask for.

Source: /v3 of CallRail as public clients and its documentation show it.
"""
