"""What protects every page: headers with a strict CSP, the rule against cross-site requests, own redirect targets."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hub.contracts.addresses import is_loopback

FORWARDED = ("x-forwarded", "forwarded", "via", "x-real-ip", "x-client-ip", "x-original", "true-client-ip", "cf-")
"""How the names of headers begin that proxies add."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def headers_with(nonce: str, *, https: bool) -> dict[str, str]:
    """The headers of a page whose scripts, and the styles that an editor makes, carry `nonce`."""
    headers = {
        "Cache-Control": "no-store",
        "Vary": "HX-Request, Cookie",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(self), geolocation=(), payment=(), publickey-credentials-get=(self)",
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; worker-src 'self'; manifest-src 'self'"
        ),
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def allow_more(answer: Response, directive: str, *sources: str) -> None:
    """Let the policy of one page name more than the hub itself, such as where its form leads."""
    name, own = "Content-Security-Policy", f"{directive} 'self'"
    answer.headers[name] = answer.headers[name].replace(own, " ".join((own, *sources)))


def file_headers(name: str) -> dict[str, str]:
    """The headers of a file that a browser saves under `name`."""
    disposition = f'attachment; filename="{name}"'
    return {"Cache-Control": "no-store", "Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}


def is_cross_site(request: Request, public_url: str) -> bool:
    """Whether a request that changes something comes from another site's page.

    The rule of Go's http.CrossOriginProtection: Sec-Fetch-Site decides if the browser sends it, else the Origin must be
    the hub's own. A program that sends neither is not a browser, so it carries no cookie of somebody else. `same-site`
    fails too, because a neighboring subdomain may belong to somebody else. Source: web_interface.md A.4.
    """
    if request.method in SAFE_METHODS:
        return False
    origin = request.headers.get("origin")
    if site := request.headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    return urlsplit(origin).netloc.lower() not in (urlsplit(public_url).netloc.lower(), _host(request))


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


def is_local(request: Request, public_url: str) -> bool:
    """Whether a request comes from a browser on this machine, to a hub that is served on this machine alone.

    The peer, `public_url`, Host and Origin must all be loopback, and no header may say that a proxy passed the request on. A
    proxy on this machine may add no such header and write its own Host; then the Origin of a form still names the public
    host, and so does `public_url` of a hub that is meant to be reached from outside.
    """
    peer = request.client.host if request.client else None
    hosts = [urlsplit(public_url).hostname, _host_of(f"//{request.headers.get('host', '')}")]
    if (origin := request.headers.get("origin")) is not None:
        hosts.append(_host_of(origin))
    passed_on = any(name.startswith(FORWARDED) for name in request.headers.keys())  # noqa: SIM118 - not a dict
    return not passed_on and all(map(is_loopback, [peer, *hosts]))


def _host_of(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def own_path(target: str | None, otherwise: str = "/") -> str:
    """`target` if it is a path of this hub, so that a link to the sign-in page cannot lead elsewhere."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return otherwise
    return otherwise if any(character in target for character in "\\\r\n\t\0") else target
