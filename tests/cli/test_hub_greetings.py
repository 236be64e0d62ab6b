"""`hub greetings`: sound files for call flows, stored, listed, replaced, saved and deleted at the command line."""

from __future__ import annotations

import wave
from pathlib import Path

from cli_shop import Shop

MP3 = b"ID3\x04\x00" + bytes(100)


def test_a_greeting_is_stored_listed_replaced_saved_and_deleted(shop: Shop, tmp_path: Path) -> None:
    shop.configure()
    shop.play(send=False)
    first, second, saved = tmp_path / "first.wav", tmp_path / "second.mp3", tmp_path / "saved"
    with wave.open(str(first), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    second.write_bytes(MP3)
    stored = shop.run("greetings", "add", str(first), "--name", "Welcome", "--company", "north")
    assert stored.exit_code == 0 and "play: greeting:" in stored.output
    (row,) = shop.json("greetings")
    assert (row["company"], row["name"], row["seconds"], row["played"]) == ("north", "Welcome", 1, False)
    assert shop.run("greetings", "replace", row["id"], str(second)).exit_code == 0
    assert shop.run("greetings", "save", row["id"], str(saved)).exit_code == 0 and saved.read_bytes() == MP3
    again = shop.run("greetings", "add", str(second), "--name", "Welcome", "--company", "north")
    assert "Another greeting has this name" in str(again.exception)
    assert shop.run("greetings", "delete", row["id"]).exit_code == 0 and shop.json("greetings") == []
    noted = [each["action"] for each in shop.json("audit", "list") if "greeting" in each["action"]]
    assert noted == ["greeting.remove", "greeting.replace", "greeting.add"]
