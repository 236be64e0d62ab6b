"""Examples of hub.api.json_service for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_service() -> None:
    """A provider that answers with JSON, as a declaration

    `JsonService` sends the declared requests with the credentials, and reads the replies. The connection check and the
    stand-in follow from the declaration. A `Sandbox` of your own derives from `JsonServiceSandbox`, and comes before it.
    """
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pydantic import SecretStr

    from hub.api import Caller, Fact, Manifest, PluginSettings, Provider, Recipient, Share, facts_at, hookimpl
    from hub.api.json_service import JsonService, JsonServiceSandbox, ServiceRequest, ServiceStandIn
    from hub.testing import connect

    def found(asked: Mapping[str, Any]) -> tuple[int, Any]:
        return 200, {"owner": {"name": "Pat Doe"} if asked["number"] == "+13125550142" else None}

    class AcmeSettings(PluginSettings):
        api_key: SecretStr

    class AcmeLookup(JsonService):
        Settings = AcmeSettings
        manifest = Manifest(
            name="acme_lookup",
            kind="enrichment",
            version="0.1.0",
            summary="Looks up who owns a number.",
            recipient=Recipient(name="Acme", role="processor"),
            hosts=("api.acme.example.com",),
            shares=(Share(field="phone_number"),),
        )
        provider = Provider(name="Acme", remedy="renew api_key in config.yaml", code="code", words="message")
        headers = {"x-api-key": "{api_key}"}
        check = ServiceRequest(method="GET", path="/v1/account")
        look_up = ServiceRequest(path="/v1/lookup", body={"phone": "{number}"})
        stand_in = ServiceStandIn(settings={"api_key": "sandbox"}, replies={"look_up": found})

        @hookimpl
        def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
            if not caller.phone_number:
                return []
            answer = self.ask(self.look_up, number=caller.phone_number)
            return facts_at(answer, {"name": ("owner.name", "user.name")}, confidence=0.7)

    class AcmeSandbox(JsonServiceSandbox):
        network = AcmeLookup

    with AcmeSandbox() as acme:
        connector = connect(AcmeLookup, acme)
        assert connector.check_connection().ok
        (fact,) = connector.enrich_caller(Caller(phone_number="+13125550142"))
        assert (fact.name, fact.value) == ("name", "Pat Doe")
        assert connector.enrich_caller(Caller(phone_number="+13125550143")) == []
