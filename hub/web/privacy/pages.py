"""`/privacy/{company}`: people ask for their data, prove who they are, and fetch the answer. No page reveals who is
known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub.contracts.third_parties import INDUSTRY_OPT_OUTS
from hub.errors import RingfenceError
from hub.model import Account, Company, PrivacyRequest
from hub.model.requests import REQUEST_KINDS
from hub.model.states import CLOSED_REQUEST_STATES, RequestState
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters, Networks, network_of, networks_of
from hub.privacy.datamap.public import ad_choices, public_map
from hub.privacy.datamap.versions import versions
from hub.privacy.policies.standing import current_statement
from hub.privacy.translations import texts_in
from hub.privacy_requests.access_file import as_json, read_file
from hub.privacy_requests.emails import address_of, request_of
from hub.privacy_requests.identity_proof import prove, texting_line, want_code, want_link
from hub.privacy_requests.providers.stand_ins import STAND_INS_KEY as REHEARSAL_KEY
from hub.privacy_requests.rights import confirm_opt_in
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import RequestRefused, UnreadableCorrection, open_request, take_step
from hub.runtime import Hub
from hub.texts.spending import codes_are_pressed
from hub.web.client_ip import Proxies
from hub.web.privacy.forms import MAX_PRIVACY_FORM_BYTES, Forms, RequestLimiter, fields_of
from hub.web.privacy.frame import HEADERS, rendered, shown
from hub.web.privacy.language import PageLanguages, suffix_of
from hub.web.privacy.opt_outs import SignalPolicy, opt_out_trouble, opt_out_values, write_opt_out
from hub.web.privacy.privacy_texts import PLACE_CODES, named_places
from hub.web.privacy.stored_in_browser import stored_here
from hub.web.public_requests import refusal, signals
from hub.web.request_body import read_body

Serve = Callable[[Request, Company, dict[str, str]], Response]
TOO_MANY, NOT_OURS, WRONG = "trouble.too_many", "trouble.not_ours", "trouble.wrong"
"""Keys of texts (hub.privacy.translations)."""
STYLE = Path(__file__).parents[1] / "static" / "privacy.css"


class PrivacyPages:
    """The pages of one hub."""

    def __init__(self, hub: Hub, directory: LiveDirectory, counters: Counters) -> None:
        self._hub, self._directory = hub, directory
        self._forms, self._signal_policy = Forms(hub), SignalPolicy(hub)
        self._limiter = counters.of("privacy requests", RequestLimiter)
        self._proxies = Proxies(hub.config.hub.trusted_proxies)
        self._languages = PageLanguages(hub.config)
        self._sections = hub.config.companies_by_name

    def routes(self) -> list[Route]:
        """All routes."""
        ticket = "/privacy/{company}/requests/{ticket}"
        return [
            Route("/privacy.css", self._style, methods=["GET"]),
            Route("/privacy/{company}", self._guarded(self._page), methods=["GET"]),
            Route("/privacy/{company}/map", self._guarded(self._map), methods=["GET"]),
            Route("/privacy/{company}/opt-out", self._guarded(self._opted_out), methods=["GET"]),
            Route("/privacy/{company}/opt-out", self._guarded(self._opt_out), methods=["POST"]),
            Route("/privacy/{company}/requests", self._guarded(self._ask), methods=["POST"]),
            Route(ticket, self._guarded(self._look), methods=["GET"]),
            Route(f"{ticket}/confirm", self._guarded(self._look), methods=["GET"]),
            Route(f"{ticket}/proof", self._guarded(self._prove), methods=["POST"]),
            Route(f"{ticket}/again", self._guarded(self._again), methods=["POST"]),
            Route(f"{ticket}/opt-in", self._guarded(self._opt_in), methods=["POST"]),
            Route(f"{ticket}/file", self._guarded(self._file), methods=["GET"]),
            Route(f"{ticket}/certificate", self._guarded(self._certificate), methods=["GET"]),
        ]

    def _style(self, request: Request) -> Response:
        return Response(STYLE.read_bytes(), headers={"Cache-Control": "max-age=3600"}, media_type="text/css")

    def _guarded(self, serve: Serve) -> Callable[[Request], Awaitable[Response]]:
        """A page of an existing company; a post must come from one of our forms."""

        async def guarded(request: Request) -> Response:
            company = self._directory.current().companies.get(request.path_params["company"])
            if company is None:
                return refusal(404, "Not found")
            fields: dict[str, str] = {}
            answer = serve
            if request.method == "POST":
                body = await read_body(request, MAX_PRIVACY_FORM_BYTES)
                fields = fields_of(body or b"")
                if body is None or not self._forms.is_ours(request, fields):
                    answer = self._not_ours
            try:
                return await run_in_threadpool(answer, request, company, fields)
            except (SQLAlchemyError, RingfenceError):
                return refusal(503, "Try again")

        return guarded

    def _not_ours(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        return self._shown(
            request, company, "privacy_page.html", 403, trouble=NOT_OURS, **self._start(request, company, fields)
        )

    # The first page.

    def _page(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        return self._shown(request, company, "privacy_page.html", **self._start(request, company, fields))

    def _start(self, request: Request, company: Company, fields: dict[str, str]) -> dict[str, Any]:
        texts, section = self._languages.texts(request, company), self._sections.get(company.name)
        with self._hub.store.reading() as session:
            account = session.get_one(Account, company.account_id)
            statement = current_statement(session, account, self._hub.clock(), texts.language)
            pressed = codes_are_pressed(session, self._hub, company)
        gpc, dnt = signals(request)
        return {
            "kinds": REQUEST_KINDS,
            "places": named_places(texts),
            "statement": statement,
            "gpc": gpc,
            "honours_gpc": self._signal_policy.signal(company, "gpc"),
            "honours_dnt": self._signal_policy.signal(company, "dnt"),
            "dnt": dnt,
            "by_text": texting_line(self._hub, self._directory.current(), company) is not None,
            "by_mail": self._hub.config.mail is not None,
            "pressed": pressed,
            "contact": section.contact if section else None,
            "choices": ad_choices(self._hub.config, company.name),
            "industry_opt_outs": INDUSTRY_OPT_OUTS,
            "stored": stored_here(section, texts),
            **opt_out_values(self._hub, request, company, fields),
        }

    # The opt-out without proof.

    def _opt_out(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        """The same work and the same answer for every number and every browser."""
        trouble, status = opt_out_trouble(company, fields), 422
        if trouble is None and not self._limiter.may_opt_out(company.id, self._networks(request), self._hub.clock()):
            trouble, status = TOO_MANY, 429
        if trouble is not None:
            return self._shown(
                request, company, "privacy_page.html", status, trouble=trouble, **self._start(request, company, fields)
            )
        write_opt_out(self._hub, company, fields, network_of(self._proxies.client_of(request)))
        return RedirectResponse(f"/privacy/{company.name}/opt-out{suffix_of(request)}", 303, HEADERS)

    def _opted_out(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        return rendered(request, company, self._languages.texts(request, company), "privacy_opted_out.html")

    def _ask(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        """The same work and the same answer for everybody: this route does not look up whether a person is known."""
        kind, place = fields.get("kind", ""), fields.get("place", "")
        phone, email = fields.get("phone", "").strip(), fields.get("email", "").strip()
        trouble, status = None, 422
        if not self._limiter.may_ask(company.id, self._networks(request), self._hub.clock()):
            trouble, status = TOO_MANY, 429
        elif kind not in REQUEST_KINDS or place not in ("", *PLACE_CODES):
            trouble = "trouble.choose"
        elif bool(phone) == bool(email):
            trouble = "trouble.one_of_them"
        right = {
            "name": fields.get("new_name", "")[:200].strip(),
            "email": fields.get("new_email", "")[:300].strip(),
            "phone_number": fields.get("new_phone", "")[:40].strip(),
        }
        if trouble is None and kind == "correction" and not any(right.values()):
            trouble = "trouble.what_is_right"
        if trouble is None:
            try:
                return self._opened(request, company, kind, phone, email, place, right)
            except UnreadableCorrection:
                trouble = "trouble.bad_correction"
            except RequestRefused:
                trouble = "trouble.bad_contact"
        return self._shown(
            request,
            company,
            "privacy_page.html",
            status,
            trouble=trouble,
            chosen=kind,
            **self._start(request, company, fields),
        )

    def _opened(
        self, request: Request, company: Company, kind: str, phone: str, email: str, place: str, right: dict[str, str]
    ) -> Response:
        with self._hub.store.writing() as session:
            made = open_request(
                session,
                self._hub,
                company,
                kind,
                actor="the person",
                channel="page",
                phone=phone or None,
                email=email or None,
                declared=[place] if place else [],
                correction=right,
                language=self._languages.texts(request, company).language,
            )
            self._send(session, made)
        return RedirectResponse(f"{address_of(self._hub, company, made.id)}{suffix_of(request)}", 303, HEADERS)

    def _send(self, session: Session, made: PrivacyRequest) -> None:
        if made.phone_number:
            want_code(session, self._hub, made)
        else:
            want_link(session, self._hub, made)

    # The data map.

    def _map(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        with self._hub.store.reading() as session:
            drawn = public_map(self._hub.config, company.name, versions(session))
        return rendered(request, company, self._languages.texts(request, company), "privacy_map.html", map=drawn)

    # One request's page.

    def _look(self, request: Request, company: Company, fields: dict[str, str], trouble: str | None = None) -> Response:
        found = self._found(request, company)
        if found is None:
            return refusal(404, "Not found")
        seen = self._forms.is_in(request, found.id)
        return self._shown(
            request,
            company,
            "privacy_request.html",
            422 if trouble else 200,
            trouble=trouble,
            request=found,
            here=self._here(request),
            seen=seen,
            open=found.state not in CLOSED_REQUEST_STATES,
            file=seen and found.file_path is not None,
            certificate=bool(found.certificate),
            rehearsal=bool(found.outcome.get(REHEARSAL_KEY)),
            by_text=found.phone_number is not None,
            by_mail=self._hub.config.mail is not None,
            opt_in=self._awaits_opt_in(found),
            confirm=request.query_params.get("token", "")[:100] if request.url.path.endswith("/confirm") else "",
        )

    @staticmethod
    def _awaits_opt_in(found: PrivacyRequest) -> bool:
        return found.kind == "opt_in" and found.state == RequestState.VERIFIED

    def _prove(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        found = self._found(request, company)
        if found is None:
            return refusal(404, "Not found")
        if not self._limiter.may_try(self._networks(request), self._hub.clock()):
            return self._look(request, company, fields, TOO_MANY)
        secret = "".join(fields.get("secret", "")[:100].split())
        with self._hub.store.writing() as session:
            proven = prove(session, self._hub, session.get_one(PrivacyRequest, found.id), secret)
        if not proven:
            return self._look(request, company, fields, WRONG)
        response = RedirectResponse(f"{self._here(request)}{suffix_of(request)}", 303, HEADERS)
        self._forms.authorize(response, found.id)
        return response

    def _again(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        found = self._found(request, company)
        if found is None:
            return refusal(404, "Not found")
        if not self._limiter.may_ask(company.id, self._networks(request), self._hub.clock()):
            return self._look(request, company, fields, TOO_MANY)
        with self._hub.store.writing() as session:
            self._send(session, session.get_one(PrivacyRequest, found.id))
        return RedirectResponse(f"{self._here(request)}{suffix_of(request)}", 303, HEADERS)

    def _opt_in(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        """The second step of an opt-in, by the person who has proven who they are."""
        found = self._found(request, company)
        if found is None or found.kind != "opt_in" or not self._forms.is_in(request, found.id):
            return refusal(404, "Not found")
        if self._awaits_opt_in(found):
            with self._hub.store.writing() as session:
                # The form names the language in which its page said what the opt-in means.
                language = texts_in(fields.get("language", "")).language
                confirm_opt_in(session, session.get_one(PrivacyRequest, found.id), language, self._hub.clock())
            run(self._hub, found.id, "the person")
        return RedirectResponse(f"{self._here(request)}{suffix_of(request)}", 303, HEADERS)

    def _file(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        found = self._found(request, company)
        if found is None or not self._forms.is_in(request, found.id):
            return refusal(404, "Not found")
        with self._hub.store.reading() as session:
            data = read_file(session, self._hub, found)
        if data is None:
            return refusal(404, "Not found")
        with self._hub.store.writing() as session:
            current = session.get_one(PrivacyRequest, found.id)
            take_step(session, current, "the person", "downloaded", f"{len(data)} bytes", self._hub.clock())
        named = {**HEADERS, "Content-Disposition": 'attachment; filename="your-data.zip"'}
        return Response(data, headers=named, media_type="application/zip")

    def _certificate(self, request: Request, company: Company, fields: dict[str, str]) -> Response:
        """It names no person, so the page's own address is enough to fetch it."""
        found = self._found(request, company)
        if found is None or not found.certificate:
            return refusal(404, "Not found")
        named = {**HEADERS, "Content-Disposition": 'attachment; filename="certificate-of-erasure.json"'}
        return Response(as_json(found.certificate), headers=named, media_type="application/json")

    def _found(self, request: Request, company: Company) -> PrivacyRequest | None:
        request_id = request_of(self._hub, request.path_params["ticket"])
        if request_id is None:
            return None
        with self._hub.store.reading_as(company.account_id) as session:
            found = session.get(PrivacyRequest, request_id)
        return found if found is not None and found.company_id == company.id else None

    def _here(self, request: Request) -> str:
        return f"/privacy/{request.path_params['company']}/requests/{request.path_params['ticket']}"

    def _networks(self, request: Request) -> Networks:
        return networks_of(self._proxies.client_of(request))

    def _shown(
        self, request: Request, company: Company, template: str, status: int = 200, /, **values: object
    ) -> Response:
        return shown(self._forms, request, company, self._languages.texts(request, company), template, status, **values)
