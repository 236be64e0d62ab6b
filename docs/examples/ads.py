"""Examples of hub.api.ads for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_network() -> None:
    """A network that takes JSON, as a declaration

    `JsonAds` makes the requests, reads the replies and gives each conversion its receipt; `row` is the only code.
    The stand-in follows from the declaration. `hub new-plugin ads` writes the whole file.
    """
    from datetime import UTC, datetime

    from pydantic import SecretStr

    from hub.api import Conversion, JsonObject, Manifest, PluginSettings, Provider, Receipt, Recipient
    from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, JsonAdsSandbox, StandIn
    from hub.testing import connect

    class AcmeSettings(PluginSettings):
        access_token: SecretStr

    class AcmeAds(JsonAds):
        Settings = AcmeSettings
        Destination = PluginSettings
        manifest = Manifest(
            name="acme_ads",
            kind="ads",
            version="0.1.0",
            summary="Reports which clicks became calls.",
            recipient=Recipient(name="Acme", role="independent_controller"),
            hosts=("api.acme.example.com",),
            click_ids=(ClickId(parameter="acme_click", source="acme"),),
        )
        provider = Provider(name="Acme", remedy="renew access_token in config.yaml", code="code", words="message")
        headers = {"authorization": "Bearer {access_token}"}
        check = Call(path="/v1/account", method="GET")
        upload = Call(path="/v1/conversions", body={"rows": ROWS})
        batch = Batch(kind="all_or_nothing")
        stand_in = StandIn(
            settings={"access_token": "sandbox"},
            key="id",
            value="value",
            currency="currency",
            accepted=(200, {"taken": "{count}"}),
            refused=(400, {"code": "INVALID", "message": "A conversion is not valid."}),
        )

        def row(self, item: Conversion) -> JsonObject | Receipt:
            return {"id": item.key, "time": item.occurred_at.isoformat(), "click": item.click_ids.get("acme_click")}

    class AcmeSandbox(JsonAdsSandbox):
        network = AcmeAds

    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    with AcmeSandbox() as acme:
        connector = connect(AcmeAds, acme)
        items = [Conversion(key="rf-1", name="lead", occurred_at=at, click_ids={"acme_click": "abc"})]
        (receipt,) = connector.upload_conversions(items, dry_run=False)
        assert receipt.status == "delivered" and set(acme.conversions()) == {"rf-1"}


def one_row_requests() -> None:
    """One row in a request

    `ROW` is the place of the only row, `ROWS` of all rows.
    """
    from hub.api.ads import ROW, Batch, Call, without_empty

    upload = Call(path="/v1/conversions", body={"event": ROW}, batch=Batch(kind="one_each"))
    assert upload.body == {"event": ROW}
    row = without_empty({"id": "rf-1", "phone": "a" * 64, "click": None, "value": 40.0})
    assert row == {"id": "rf-1", "phone": "a" * 64, "value": 40.0}


def costs() -> None:
    """What campaigns cost

    `pull_costs` returns one `Cost` for each day and campaign of the `Days`. A `JsonAds` declares `costs =
    CostReport(…)` instead.
    """
    from datetime import date
    from decimal import Decimal

    from hub.api import Money
    from hub.api.ads import Call, Cost, CostReport, Days

    days = Days(date(2026, 11, 23), date(2026, 11, 24))
    report = CostReport(
        call=Call(path="/v1/report?from={first}&to={last}", method="GET"),
        rows="data",
        source="acme",
        medium="cpc",
        columns={"day": "date", "cost": "spend", "currency": "currency", "campaign": "campaign.name"},
    )
    cost = Cost(day=days.last, source="acme", medium="cpc", campaign="Spring", cost=Money(Decimal("12.50"), "USD"))
    row = {"date": "2026-11-24", "spend": "12.50", "currency": "USD", "campaign": {"name": "Spring"}}
    assert report.row(cost) == row and report.cost(row) == cost
