"""What all privacy pages share: their headers, their frame, and the form's cookie that goes with each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from hub.model import Company
from hub.privacy.translations import Texts
from hub.web.privacy.forms import Forms
from hub.web.privacy.language import language_links, suffix_of
from hub.web.privacy.privacy_texts import templates

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
    forms: Forms,
    request: Request,
    company: Company,
    texts: Texts,
    template: str,
    status: int = 200,
    /,
    **values: object,
) -> Response:
    """A page with one of our forms, and the cookie that its post must match."""
    nonce, form = forms.begin(request)
    response = rendered(request, company, texts, template, status, form=form, **values)
    forms.remember(response, nonce)
    return response


def rendered(
    request: Request, company: Company, texts: Texts, template: str, status: int = 200, /, **values: object
) -> Response:
    """A page in the language of `texts`, with a link to it in each other one."""
    suffix = suffix_of(request)
    context = {
        "company": company.title,
        "name": company.name,
        "home": f"/privacy/{company.name}{suffix}",
        "t": texts.html,
        "texts": texts,
        "suffix": suffix,
        "languages": language_links(request, company, texts.language),
        "trouble": None,
        "chosen": None,
        **values,
    }
    headers = {**HEADERS, "Content-Language": texts.language, "Vary": "Accept-Language"}
    return Response(templates().get_template(template).render(context), status, headers, media_type="text/html")
