"""Examples of hub.api.chat for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_reader() -> None:
    """A reader of conversations, by a model on the customer's own network

    `ChatReader` asks the model, and keeps of its answer what the lines prove. Its stand-in reads for "book".
    """
    from hub.api import Conversation, Manifest, Recipient, Share, TranscriptPart
    from hub.api.chat import ChatReader, OwnModelSettings, ReadingSandbox
    from hub.testing import connect

    class AcmeReader(ChatReader):
        Settings = OwnModelSettings
        manifest = Manifest(
            name="acme_reader",
            kind="insight",
            version="0.1.0",
            summary="Reads conversations by Acme's model.",
            recipient=Recipient(name="your own network", role="none"),
            shares=(Share(field="lines"),),
        )

    with ReadingSandbox() as server:
        reader = connect(AcmeReader, server)
        assert reader.check_connection().ok
        line = TranscriptPart(start=0, end=1, text="Please book it.", channel="caller")
        read = reader.read_conversation(Conversation(lines=(line,), outcomes=("booked",)))
        assert read.outcome is not None and read.outcome.lines == (1,)


def another_question() -> None:
    """A question of your own

    `ask_model` sends what strangers said as data, apart from the task, and gives the answer as an object. Check what is in it.
    """
    from collections.abc import Mapping
    from typing import Any

    from hub.api import JsonObject, Manifest, Recipient
    from hub.api.chat import ChatConnector, ChatSandbox, OwnModelSettings, closed_object, is_strict
    from hub.testing import connect

    class AcmeModel(ChatConnector):
        Settings = OwnModelSettings
        manifest = Manifest(
            name="acme_model",
            kind="agent",
            version="0.1.0",
            summary="Asks Acme's model.",
            recipient=Recipient(name="your own network", role="none"),
        )

    class AcmeServer(ChatSandbox):
        def answer_to(self, data: Mapping[str, Any]) -> JsonObject:
            return {"say": f"You said {data['words']}."}

    schema = closed_object(say={"type": "string"})
    assert is_strict(schema)
    with AcmeServer() as server:
        said, model = connect(AcmeModel, server).ask_model("Repeat it.", {"words": "hello"}, "reply", schema, 1.8)
        assert (said, model) == ({"say": "You said hello."}, "stand-in-1")
