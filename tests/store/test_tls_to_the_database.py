"""A database on another machine is reached over TLS that knows whom it speaks to, or `hub check` says so."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from hub.store.engine import weak_tls

THERE = "postgresql+psycopg://hub@db.example.com/ringfence"


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        (THERE, "prefer"),
        (f"{THERE}?sslmode=require", "require"),
        (f"{THERE}?sslmode=verify-full", None),
        (f"{THERE}?sslmode=verify-ca", None),
        ("postgresql+psycopg://hub@10.0.0.7/ringfence", "prefer"),
        ("postgresql+psycopg://hub@/ringfence?host=db.example.com", "prefer"),
        ("postgresql+psycopg://hub@/ringfence?host=/run/postgresql", None),
        ("postgresql+psycopg://hub@/ringfence", None),
        ("postgresql+psycopg://hub@127.0.0.1/ringfence", None),
        ("postgresql+psycopg://hub@localhost/ringfence", None),
        ("sqlite:///data/ringfence.db", None),
    ],
)
def test_tls_to_the_database_is_verified_or_it_is_said(
    url: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert weak_tls(make_url(url)) == mode


def test_what_the_environment_says_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert weak_tls(make_url(THERE)) is None
