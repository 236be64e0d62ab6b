"""Tables of `hub`: as wide as the terminal, no word broken, and ids that can be typed."""

from __future__ import annotations

import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import redirect_stdout
from fcntl import ioctl

import pytest
from cli_shop import Shop
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cli.support.tables import short_ids, table
from hub.model.columns import new_id

LISTS = (
    ("calls",),
    ("calls", "list", "--kind", "all"),
    ("calls", "missed", "--user", "anna"),
    ("leads",),
    ("visits",),
    ("deliveries", "list"),
    ("texts", "list"),
    ("inbox", "list", "--state", "done"),
    ("inbox", "list"),
    ("recordings", "list"),
    ("report", "sources"),
    ("pools",),
    ("users", "list"),
    ("audit", "list"),
    ("connectors", "list"),
    ("plugins",),
    ("privacy", "retention"),
    ("privacy", "map"),
    ("numbers", "list"),
    ("sources", "list"),
    ("flows", "list"),
    ("quarantine",),
    ("alerts", "list"),
    ("costs", "list"),
    ("privacy", "request", "list"),
    ("privacy", "request", "holds"),
    ("privacy", "opt-outs", "list"),
)


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop in which every list has something to show."""
    shop.play(
        {},
        {"tracking_number": "+13125550120", "caller_number": "+13125550148", "outcome": "abandoned"},
        visit={"page": "https://north.example.com/emergency-drain-cleaning?gclid=Cj0KEQ-abc123&utm_campaign=spring"},
    )
    shop.park()
    shop.run("users", "add", "anna", "--role", "owner")
    call = shop.json("calls")["calls"][0]["id"]
    shop.run("calls", "mark", call[-8:], "--user", "anna", "--lead", "qualified", "--value", "1240 USD")
    return shop


def test_every_list_fits_80_columns(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All lists have one printer, whose wider tables are drawn below."""
    monkeypatch.setenv("COLUMNS", "80")
    for words in LISTS:
        result = busy.run(*words)
        assert result.exit_code in (0, 1) and result.stdout.strip(), (words, result.output)
        for line in result.stdout.splitlines():
            assert len(line.rstrip()) <= 80, (words, line)


words = st.text("abcdefghij", min_size=1, max_size=14)
cells = st.lists(words, max_size=12).map(" ".join)


@settings(max_examples=30)
@given(st.lists(st.tuples(words, cells, cells, cells), min_size=1, max_size=5), st.sampled_from([60, 80, 120]))
def test_no_word_is_broken_and_no_line_is_too_long(rows: list[tuple[str, ...]], columns: int) -> None:
    out = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(columns)
    try:
        with redirect_stdout(out):
            table("Rows", ("id", "first", "second", "third"), rows, ("second",))
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    lines = out.getvalue().splitlines()
    assert all(len(line.rstrip()) <= columns for line in lines)
    printed = set(re.findall("[a-j]+", out.getvalue()))
    is_whole = "No room for" not in out.getvalue()
    for row in rows:
        for at, cell in enumerate(row):
            assert (at == 2 and not is_whole) or set(cell.split()) <= printed


def test_short_ids_of_one_minute_are_all_different_and_as_short_as_that_allows() -> None:
    ids = [new_id() for _ in range(50)]
    short = short_ids(ids)
    assert len({short(each) for each in ids}) == 50 and all(each.endswith(short(each)) for each in ids)
    assert len(short(ids[0])) == 8
    alike = ["01a21dcd-b2ec-71eb-b3da-aaaaaaaaaaaa", "01a21dcd-b2ec-71eb-b3da-baaaaaaaaaaa"]
    assert short_ids(alike)(alike[1]) == "baaaaaaaaaaa"


def test_through_a_pipe_in_a_terminal_a_table_is_as_wide_as_the_terminal() -> None:
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 93, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-c", "from hub.cli.support.output import width; print(width())"]
    try:
        found = subprocess.run(
            command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, env=environment, check=True
        )
        alone = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=True, start_new_session=True
        )
    finally:
        os.close(leader)
        os.close(follower)
    assert (found.stdout.strip(), alone.stdout.strip()) == (b"93", b"250")
