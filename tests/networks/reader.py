"""An ad network of one file that reads every well-known click id, and two of its own."""

from __future__ import annotations

from hub.api import Connector, DataFlow, Manifest, PluginSettings, Recipient, Share
from hub.api.ads import ClickId


class Reader(Connector):
    manifest = Manifest(
        name="reader",
        kind="ads",
        version="1",
        summary="A network for tests.",
        recipient=Recipient(name="Reader Inc.", role="independent_controller"),
        click_ids=(ClickId(parameter="rdt_cid", source="reddit"), ClickId(parameter="ScCid", source="snapchat")),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(Share(field="click_ids"), Share(field="cookies", keys=("_fbp", "_ga", "_ga_*"))),
            ),
        ),
    )
    Settings = PluginSettings
