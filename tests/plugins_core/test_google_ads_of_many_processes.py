"""Google's stand-in over gRPC shares what it holds with other processes, as over HTTP."""

from __future__ import annotations

from pathlib import Path

import grpc

from hub.api.sandbox import Sandbox as AnySandbox
from hub.plugin_host.sandboxes import start_sandboxes
from hub.testing import FrozenClock
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox

METHOD = "/google.ads.googleads.v24.services.CustomerService/ListAccessibleCustomers"


def test_a_token_of_one_process_opens_the_api_of_another(tmp_path: Path) -> None:
    clock = FrozenClock()
    with (
        start_sandboxes({"ads": GoogleAds}, clock, folder=tmp_path) as here,
        start_sandboxes({"ads": GoogleAds}, clock, folder=tmp_path) as there,
    ):
        google: AnySandbox | None = here.of("ads")
        assert isinstance(google, Sandbox)
        with google.shared():
            token = google.tokens.issue(google.tokens.accounts[0])["access_token"]
            google.customer_id = "3216540987"
        with grpc.insecure_channel(there.settings("ads")["endpoint"]) as channel:
            reply = channel.unary_unary(METHOD)(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=30)
    assert reply == b"\x0a\x14customers/3216540987"  # the first field, of twenty bytes, and no second customer
