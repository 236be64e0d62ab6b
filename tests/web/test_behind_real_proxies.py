"""nginx and Caddy in front of a hub, as docs/deploy/behind-a-proxy.md sets them up: whose address counts, and signatures."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from web_edge import BROWSER, PUBLIC, Edge, open_edge

from hub.platform.loopback import free_port
from hub.web.client_ip import Proxies

pytestmark = pytest.mark.soak

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY.parent / "docs" / "deploy" / "behind-a-proxy.md").read_text()
NGINX = re.search(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
CADDY = re.search(r"## Caddy\n\n```\n(.*?)```", TEXT, re.DOTALL)
PROXIES = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("nginx", "caddy")
]


def make_certificate(folder: Path) -> None:
    """A certificate for the documented name, as Let's Encrypt would leave it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name.from_rfc4514_string("CN=calls.example.com")
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(plain)


def command(proxy: str, folder: Path, hub: str, port: int) -> list[str]:
    """Write the documented configuration with this test's ports and files; the command that checks it, without its verb."""
    file = folder / f"{proxy}.conf"
    if proxy == "nginx":
        assert NGINX is not None
        make_certificate(folder)
        server = NGINX[1].replace("/etc/letsencrypt/live/calls.example.com", str(folder))
        server = (
            server.replace("/var/log/nginx", str(folder))
            .replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
            .replace("127.0.0.1:8080", hub)
        )
        paths = "".join(
            f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error; events {{}}\nhttp {{ {paths}\n{server}}}"
        )
        return ["nginx", "-c", str(file), "-e", str(folder / "error")]
    assert CADDY is not None
    text = CADDY[1].replace("{\n", "{\n    admin off\n    auto_https off\n", 1).replace("127.0.0.1:8080", hub)
    file.write_text(text.replace("calls.example.com {", f"http://calls.example.com:{port} {{"))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


@contextmanager
def behind(proxy: str, folder: Path, edge: Edge) -> Iterator[Any]:
    """A function that makes a client of the hub, through the proxy, at a loopback address."""
    hub, port = edge.client.base_url.netloc.decode(), free_port()
    environment = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/bin"}
    with (folder / "printed.log").open("wb") as printed:
        process = subprocess.Popen(
            command(proxy, folder, hub, port), env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
    try:
        with ExitStack() as clients:

            def client(address: str) -> httpx2.Client:
                made = httpx2.Client(
                    base_url=f"{'https' if proxy == 'nginx' else 'http'}://127.0.0.1:{port}",
                    headers={"user-agent": BROWSER, "host": "calls.example.com"},
                    transport=httpx2.HTTPTransport(verify=False, local_address=address),
                    timeout=30,
                )
                return clients.enter_context(made)

            until = time.monotonic() + 90
            while True:
                assert process.poll() is None and time.monotonic() < until, f"{proxy} did not start"
                try:
                    client("127.0.0.1").get("/healthz")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_keeps_the_visitors_address_and_the_carriers_signature(
    proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    found = Proxies.client_of

    def client_of(self: Proxies, request: Any) -> str | None:
        seen.append(found(self, request))
        return seen[-1]

    monkeypatch.setattr(Proxies, "client_of", client_of)
    with open_edge(tmp_path, trusted_proxies="[127.0.0.1]") as edge, behind(proxy, tmp_path, edge) as client:
        edge.client = client("127.2.2.2")
        seen.clear()
        assert edge.visit(headers={"x-forwarded-for": "9.9.9.9", "forwarded": "for=9.9.9.9"}).status_code == 200
        assert seen and set(seen) == {"127.2.2.2"}, "the address that connected counts, not one that a bot writes"
        first, *others = edge.call()
        assert edge.send(first).status_code == 200
        forged = {**dict(first.headers), "x-twilio-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
        path = first.url.removeprefix(PUBLIC)
        assert edge.client.post(path, content=first.body, headers=forged).status_code == 403
        assert [edge.send(each).status_code for each in others] == [200] * len(others)
        edge.work()
        assert len(edge.calls()) == 1
        assert edge.client.get("/metrics").status_code == 404


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_writes_no_path_and_no_query_into_its_logs(proxy: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        hub = ExitStack()
        edge = hub.enter_context(open_edge(tmp_path, trusted_proxies="[127.0.0.1]"))
        browser = running.enter_context(behind(proxy, tmp_path, edge))("127.2.2.2")
        assert browser.get("/r/Zq-token-in-a-path").status_code == 404
        assert browser.get("/privacy/x/requests/y/confirm", params={"token": "Zq-token-in-a-query"}).status_code == 404
        browser.get(
            "/search", params={"q": "+13125550142"}, headers={"referer": "https://calls.example.com/?q=Zq-referrer"}
        )
        hub.close()
        assert browser.get("/r/Zq-token-of-a-dead-hub").status_code in (502, 504)
    logs = b"".join(file.read_bytes() for file in tmp_path.glob("*") if file.suffix in (".log", ".error"))
    logs += (tmp_path / "error").read_bytes() if (tmp_path / "error").exists() else b""
    assert b"Zq" not in logs and b"3125550142" not in logs
    if proxy == "nginx":
        assert b"GET 404" in (tmp_path / "ringfence.log").read_bytes(), "what remains says how it goes"


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
def test_the_caddyfile_of_the_compose_file_is_valid(tmp_path: Path) -> None:
    """`caddy validate` would ask for certificates; adapting it reads all of it."""
    told = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "DOMAIN": "calls.example.com"}
    done = subprocess.run(told, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (
        '"max_size":13000000' in done.stdout
        and '"exclude":["http.log.error"]' in done.stdout
        and "calls.example.com" in done.stdout
    )


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_the_documented_nginx_configuration_is_valid(tmp_path: Path) -> None:
    done = subprocess.run(
        [*command("nginx", tmp_path, "127.0.0.1:8080", free_port()), "-t"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "warn" not in done.stderr, done.stderr
