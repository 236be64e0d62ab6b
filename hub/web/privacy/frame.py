"""What all privacy pages share: their headers, their frame, and the form's cookie that goes with each."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.model import Company
from hub.web.privacy.forms import Forms
from hub.web.privacy.words import templates

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin",  # never a path, which may hold a token; and forms must send their origin
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}


def shown(
    forms: Forms, request: Request, company: Company, template: str, status: int = 200, /, **values: Any
) -> Response:
    """A page with one of our forms, and the cookie that its post must match."""
    nonce, form = forms.begin(request)
    text = rendered(template, company, form=form, **values)
    response = Response(text, status, HEADERS, media_type="text/html")
    forms.remember(response, nonce)
    return response


def rendered(template: str, company: Company, /, **values: Any) -> str:
    """A page's HTML."""
    context = {"company": company.title, "name": company.name, "trouble": None, "chosen": None, **values}
    return templates().get_template(template).render(context)
