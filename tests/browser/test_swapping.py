"""A page shows the visitor's own number in place of the company's, written as the page wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stage_hub import BERLIN_DEFAULT, BERLIN_POOL, POOL
from visitor import HOST, Visitor

pytestmark = pytest.mark.soak

OURS = "3125550142"
"""National digits of the number that the written examples stand for; the tests put the real one in."""
WRITTEN = {
    "312-555-0190": "312-555-0142",
    "312.555.0190": "312.555.0142",
    "312 555 0190": "312 555 0142",
    "3125550190": "3125550142",
    "(312) 555-0190": "(312) 555-0142",
    "(312)555-0190": "(312)555-0142",
    "312/555-0190": "312/555-0142",
    "1-312-555-0190": "1-312-555-0142",
    "1 (312) 555-0190": "1 (312) 555-0142",
    "+1 312 555 0190": "+1 312 555 0142",
    "+13125550190": "+13125550142",
    "+1 (312) 555-0190": "+1 (312) 555-0142",
    "001 312 555 0190": "001 312 555 0142",
    "011 1 312 555 0190": "011 1 312 555 0142",
    "312\u2011555\u20110190": "312\u2011555\u20110142",
    "312\u00a0555\u00a00190": "312\u00a0555\u00a00142",
    "312 \u2013 555 \u2013 0190": "312 \u2013 555 \u2013 0142",
    "٣١٢-٥٥٥-٠١٩٠": "٣١٢-٥٥٥-٠١٤٢",
    "۳۱۲ ۵۵۵ ۰۱۹۰": "۳۱۲ ۵۵۵ ۰۱۴۲",
    "３１２-５５５-０１９０": "３１２-５５５-０１４２",
    "\u202a+1 312-555-0190\u202c": "\u202a+1 312-555-0142\u202c",
    "1-800-444-CARS": "1-312-555-0142",
    "800444CARS": "3125550142",
    "1 800 444 cars": "1 312 555 0142",
    "(800) 444-2277": "(312) 555-0142",
    "020 7946 0958": "+1 312-555-0142",
    "+44 20 7946 0958": "+1 312-555-0142",
    "+44 (0)20 7946 0958": "+1 312-555-0142",
    "Call 312-555-0190, or 312.555.0190.": "Call 312-555-0142, or 312.555.0142.",
    "312-555-0190/312-555-0190": "312-555-0142/312-555-0142",
    "Tel:312-555-0190": "Tel:312-555-0142",
    "電話312-555-0190まで": "電話312-555-0142まで",
    "Ｔｅｌ：３１２-555-0190": "Ｔｅｌ：３１２-555-0142",
    "Open 24/7 312-555-0190": "Open 24/7 312-555-0142",
}
LEFT = [
    "312-555-0191",
    "9312-555-0190",
    "312-555-01901",
    "312-555-0190-22",
    "99-312-555-0190",
    "+31 25550190",
    "+49 312 555 0190",
    "+493125550190",
    "id_3125550190",
    "mail3125550190@example.com",
    "https://example.com/3125550190",
    "www.example.com/?q=3125550190",
    "wa.me/13125550190",
    "$x=3125550190",
    "555-0190",
    "No number here",
]


def with_ours(text: str, number: str) -> str:
    """An example with the digits of `number`, in the example's kind of digits."""
    for zero in "0٠۰０":
        shift = [chr(ord(zero) + int(digit)) for digit in OURS[6:]], [chr(ord(zero) + int(each)) for each in number[8:]]
        text = text.replace("".join(shift[0]), "".join(shift[1]))
    return text


def test_a_static_page_shows_the_visitors_own_number(visitor: Visitor) -> None:
    visitor.open('<p id=a>Call (312) 555-0190 now</p><a id=b href="tel:+13125550190">312.555.0190</a>')
    number = visitor.swapped()
    assert number in POOL
    assert visitor.text("#a") == f"Call (312) 555-{number[-4:]} now"
    assert visitor.text("#b") == f"312.555.{number[-4:]}"
    assert visitor.page.get_attribute("#b", "href") == f"tel:{number}"
    assert [each["path"] for each in visitor.asked] == ["lakeside/visit"], "one request before the swap"
    (visit,) = visitor.hub.visits()
    assert visit["id"] == visitor.page.evaluate("ringfence.visit().id")
    assert visitor.hub.leases() == 1


def test_numbers_keep_the_form_in_which_the_page_wrote_them(visitor: Visitor) -> None:
    visitor.open("".join(f"<p>{text}</p>" for text in [*WRITTEN, *LEFT]))
    number = visitor.swapped()
    shown = visitor.page.evaluate("[...document.querySelectorAll('p')].map((each) => each.textContent)")
    wanted = {text: with_ours(ours, number) for text, ours in WRITTEN.items()} | {text: text for text in LEFT}
    assert dict(zip([*WRITTEN, *LEFT], shown, strict=True)) == wanted


def test_links_to_dial_are_swapped_however_they_are_written(visitor: Visitor) -> None:
    written = {
        "tel:+13125550190": "tel:N",
        "tel:3125550190": "tel:N",
        "tel:312-555-0190": "tel:N",
        "TEL:(312)%20555-0190": "tel:N",
        "tel:%2B13125550190": "tel:N",
        "tel://13125550190": "tel:N",
        "tel:+1-312-555-0190;ext=5": "tel:N;ext=5",
        "tel:1-800-444-CARS": "tel:N",
        "tel:+13125550191": "tel:+13125550191",
        "tel:%E0%A4%A": "tel:%E0%A4%A",
        "tel:": "tel:",
        "https://wa.me/13125550190": "https://wa.me/13125550190",
        "https://api.whatsapp.com/send?phone=13125550190": "https://api.whatsapp.com/send?phone=13125550190",
        "whatsapp://send?phone=13125550190": "whatsapp://send?phone=13125550190",
        "/contact?tel=3125550190": "/contact?tel=3125550190",
    }
    links = "".join(f'<a href="{href}" aria-label="Call 312-555-0190">{at}</a>' for at, href in enumerate(written))
    visitor.open(links)
    number = visitor.swapped()
    hrefs = visitor.page.evaluate("[...document.links].map((each) => each.getAttribute('href'))")
    assert hrefs == [href.replace("tel:N", f"tel:{number}") for href in written.values()]
    assert visitor.page.get_attribute("a", "aria-label") == f"Call 312-555-{number[-4:]}"


UNTOUCHED = """
<input value="312-555-0190" placeholder="312-555-0190"><textarea>312-555-0190</textarea>
<select><option>312-555-0190</option></select><script type="text/plain">312-555-0190</script>
<style>.a::after { content: "312-555-0190" }</style><template>312-555-0190</template>
<p data-ringfence-noswap>312-555-0190 <b>312-555-0190</b> <a href="tel:+13125550190">x</a></p>
<div contenteditable>312-555-0190</div><noscript>312-555-0190</noscript>
<a href="https://wa.me/13125550190">312-555-0190</a><a href="whatsapp://send?phone=13125550190">312-555-0190</a>
<!-- 312-555-0190 -->
"""


def test_fields_scripts_styles_opt_outs_and_whatsapp_are_never_touched(visitor: Visitor) -> None:
    visitor.open(f"<div id=left>{UNTOUCHED}</div><p>312-555-0190</p>", head="<title>312-555-0190</title>")
    before = visitor.page.evaluate("document.getElementById('left').innerHTML")
    visitor.swapped()
    assert "0190" not in visitor.text("body > p")
    after = visitor.page.evaluate("document.getElementById('left').innerHTML")
    assert after == before and after.count("312-555-0190") == UNTOUCHED.count("312-555-0190")
    visitor.page.evaluate("""document.querySelector('[contenteditable]').firstChild.data = 'My own 312-555-0190'""")
    visitor.page.evaluate("""document.querySelector('[data-ringfence-noswap] b').textContent = 'Still 312-555-0190'""")
    assert visitor.page.evaluate("ringfence.swap()") == 0
    assert "My own 312-555-0190" in visitor.page.content() and "Still 312-555-0190" in visitor.page.content()


LATE = """
<div id=app></div>
<script>
  // As React does: state is rendered into text nodes that are kept, and rendered again over them.
  const text = document.createTextNode("");
  const link = document.createElement("a");
  window.render = (greeting) => { text.data = greeting + " 312-555-0190"; link.setAttribute("href", "tel:+13125550190"); };
  setTimeout(() => { render("Hello"); app.append(text, link); window.drawn = true; }, 50);
</script>
"""


def test_content_that_is_rendered_late_and_again_is_swapped_before_it_is_painted(visitor: Visitor) -> None:
    page = visitor.open(LATE)
    number = visitor.swapped()
    visitor.sees("window.drawn")
    assert visitor.text("#app") == f"Hello 312-555-{number[-4:]}"
    shown = page.evaluate("""new Promise((done) => {
        render("Again"); requestAnimationFrame(() => done([app.innerText, app.querySelector("a").getAttribute("href")])) })""")
    assert shown == [f"Again 312-555-{number[-4:]}", f"tel:{number}"]


def test_a_fragment_that_htmx_would_put_in_is_swapped(visitor: Visitor) -> None:
    visitor.site.page(HOST, "/part", "<p>Ring 312.555.0190</p>")
    page = visitor.open("<div id=here>Wait</div>")
    number = visitor.swapped()
    page.evaluate(
        "fetch('/part').then((part) => part.text()).then((html) => { here.outerHTML = `<div id=here>${html}</div>` })"
    )
    visitor.sees("document.querySelector('#here p')")
    assert visitor.text("#here") == f"Ring 312.555.{number[-4:]}"


def test_open_shadow_roots_are_swapped_and_closed_ones_are_left(visitor: Visitor) -> None:
    page = visitor.open("""<early-card></early-card><late-card></late-card>
      <div><template shadowrootmode="open">312-555-0190</template></div>
      <script>
        const card = (mode) => class extends HTMLElement {
          connectedCallback() { this.root = this.attachShadow({ mode }); this.root.innerHTML = "<p>312-555-0190</p>" } };
        customElements.define("early-card", card("open"));
        window.define = () => {
          customElements.define("late-card", card("open"));
          customElements.define("shut-card", card("closed"));
          document.body.append(document.createElement("shut-card")); };
      </script>""")
    ending = visitor.swapped()[-4:]
    page.evaluate("define()")
    said = page.evaluate(
        """["early-card", "late-card", "shut-card"].map((name) => document.querySelector(name).root.textContent)"""
    )
    assert said == [f"312-555-{ending}", f"312-555-{ending}", "312-555-0190"]
    assert page.evaluate("document.querySelector('div').shadowRoot.textContent") == f"312-555-{ending}"
    page.evaluate("document.querySelector('early-card').root.querySelector('p').textContent = 'Or 312-555-0190'")
    assert page.evaluate("document.querySelector('early-card').root.textContent") == f"Or 312-555-{ending}"


def test_frames_of_the_own_site_are_part_of_the_page(visitor: Visitor) -> None:
    bare = visitor.site.page(HOST, "/bare", "<p>312-555-0190</p>")
    tagged = visitor.site.page(HOST, "/tagged", visitor.html("<p>312-555-0190</p>"))
    strange = visitor.site.page("stranger.example.com", "/", "<p>312-555-0190</p>")
    page = visitor.open("".join(f"<iframe src='{address}'></iframe>" for address in (bare, tagged, strange)))
    ending = visitor.swapped()[-4:]
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: '<p>312.555.0190</p>' }))"
    )
    for address, said in ((bare, f"312-555-{ending}"), (tagged, f"312-555-{ending}"), (strange, "312-555-0190")):
        frame = next(each for each in page.frames if each.url == address)
        frame.locator("p", has_text=said).wait_for()
    page.frame_locator("iframe[srcdoc]").locator("p", has_text=f"312.555.{ending}").wait_for()
    assert len(visitor.hub.visits()) == 1 and len(visitor.asked) == 1


def test_in_a_frame_of_a_strangers_page_the_companys_number_stays(visitor: Visitor) -> None:
    address = visitor.site.page(HOST, "/", visitor.html("<p>312-555-0190</p>"))
    visitor.page.goto(visitor.site.page("stranger.example.com", "/", f"<iframe src='{address}'></iframe>"))
    frame = next(each for each in visitor.page.frames if each.url == address)
    frame.wait_for_function("window.ringfence", polling=10)
    visitor.act()
    visitor.page.wait_for_timeout(100)
    assert frame.locator("p").inner_text() == "312-555-0190" and visitor.asked == []


def test_a_page_of_5000_nodes_and_one_from_right_to_left_are_swapped(visitor: Visitor) -> None:
    rows = "".join(
        f"<tr><td>Row {row}</td><td>{'312-555-0190' if row % 500 == 0 else 'text'}</td></tr>" for row in range(1250)
    )
    visitor.open(
        f"<table>{rows}</table><p id=rtl dir=rtl>اتصل بنا على <bdi>٣١٢-٥٥٥-٠١٩٠</bdi> الآن أو \u200f312-555-0190</p>"
    )
    ending = visitor.swapped()[-4:]
    assert visitor.page.evaluate("document.querySelectorAll('*').length") > 3700
    assert visitor.page.content().count(f"312-555-{ending}") == 4 and "312-555-0190" not in visitor.page.content()
    arabic = ending.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
    assert visitor.text("#rtl") == f"اتصل بنا على ٣١٢-٥٥٥-{arabic} الآن أو \u200f312-555-{ending}"


def test_the_page_may_ask_for_what_is_swapped(visitor: Visitor) -> None:
    page = visitor.open(
        "<p>312-555-0190</p><p>1-800-444-CARS</p>",
        head="""<script>
      document.addEventListener("ringfence:swapped", (event) => { (window.told = window.told || []).push(event.detail) });
      document.addEventListener("ringfence:ready", () => { window.ready = typeof ringfence.swap });</script>""",
    )
    number = visitor.swapped()
    assert page.evaluate("ready") == "function"
    assert page.evaluate("told") == [{"number": number, "count": 2}]
    assert page.evaluate("ringfence.numbers()") == {
        "+13125550190": number,
        "+18004442277": number,
        "+442079460958": number,
    }
    visit = page.evaluate("ringfence.visit()")
    assert visit["tracker"] == "website" and visit["leaseUntil"] and visit["visitor"]
    apart = "(() => { const p = document.createElement('p'); p.textContent = '312-555-0190'; return p })()"
    assert page.evaluate(f"ringfence.swap({apart})") == 0, "what is not on the page is not shown"
    assert page.evaluate("ringfence.swap('p')") == 0, "all was swapped already"


def test_a_script_that_keeps_taking_the_number_back_has_its_way_in_the_end(visitor: Visitor) -> None:
    page = visitor.open("""<p id=a>312-555-0190</p><script>
      let times = 0;
      new MutationObserver(() => { times++; if (a.firstChild.data !== "312-555-0190") a.firstChild.data = "312-555-0190" })
        .observe(a, { characterData: true, subtree: true });</script>""")
    visitor.swapped()
    page.wait_for_timeout(100)
    assert page.evaluate("times") < 100 and visitor.text("#a") == "312-555-0190"


def test_the_script_works_wherever_it_stands(visitor: Visitor) -> None:
    body = "<p>312-555-0190</p>"
    tag = visitor.snippet(how="")
    for place, how in (
        ("head", "async"),
        ("head", "defer"),
        ("head", ""),
        ("end", "async"),
        ("end", ""),
        ("twice", "async"),
    ):
        tag = visitor.snippet(how=how)
        head, foot = (tag, "") if place == "head" else ("", tag) if place == "end" else (tag, tag)
        visitor.page.goto(visitor.site.page(HOST, "/", f"<!doctype html><head>{head}</head><body>{body}{foot}</body>"))
        visitor.act()
        assert visitor.swapped() in POOL, (place, how)
        assert "0190" not in visitor.text("p"), (place, how)
    assert len(visitor.hub.visits()) == 1


STRICT = (
    "default-src 'none'; script-src {hub}; connect-src {hub}; style-src 'none'; "
    "require-trusted-types-for 'script'; report-uri /csp"
)


def test_a_strict_content_security_policy_and_a_pinned_script_are_enough(visitor: Visitor) -> None:
    visitor.site.headers["Content-Security-Policy"] = STRICT.format(hub=visitor.hub.address)
    reports: list[str] = []
    visitor.page.on("console", lambda message: reports.append(message.text))
    visitor.open('<p>312-555-0190</p><a href="tel:+13125550190">Call</a>', pinned=True)
    visitor.page.locator("p", has_not_text="0190").wait_for()
    assert [each for each in reports if "favicon" not in each] == []


def test_a_script_that_was_changed_on_the_way_does_not_run(visitor: Visitor) -> None:
    tag = visitor.snippet(pinned=True).replace("sha384-", "sha384-A")
    visitor.page.goto(
        visitor.site.page(HOST, "/", f"<!doctype html><head>{tag}</head><body><p>312-555-0190</p></body>")
    )
    assert visitor.page.evaluate("typeof ringfence") == "undefined"
    assert visitor.text("p") == "312-555-0190"


def test_the_swap_shifts_nothing_on_the_page(visitor: Visitor) -> None:
    page = visitor.open(
        "<header>Call 312-555-0190</header><main><p>Text below</p></main>",
        act=False,
        head="""<script>
      window.shift = 0; new PerformanceObserver((list) => { for (const each of list.getEntries()) shift += each.value })
        .observe({ type: "layout-shift", buffered: true });</script>""",
    )
    visitor.act()
    visitor.swapped()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("shift") == 0


def test_another_country_and_its_own_way_of_writing(visitor: Visitor) -> None:
    shapes = ["030 1234567", "030/123 45 67", "+49 30 1234567", "+49 (0)30 1234567", "0049 30 1234567", "(030) 1234567"]
    page = visitor.open(
        "".join(f"<p>{shape}</p>" for shape in shapes), host="www.berlin.example.com", company="berlin", act=False
    )
    visitor.swapped()
    said: list[Any] = page.evaluate("[...document.querySelectorAll('p')].map((each) => each.textContent)")
    assert page.evaluate("ringfence.numbers()") == {"+49301234567": BERLIN_DEFAULT}, "nobody has said yes yet"
    assert said == ["030 999999", "030 999999", "+49 30 999999", "+49 30 999999", "+49 30 999999", "030 999999"]
    page.evaluate("ringfence.consent({ all: 'granted' })")
    visitor.act()
    visitor.sees(f"ringfence.numbers()['+49301234567'] === {json.dumps(BERLIN_POOL)}")
    said = page.evaluate("[...document.querySelectorAll('p')].map((each) => each.textContent)")
    assert said == [
        "030 9876543", "030/987 65 43", "+49 30 9876543", "+49 (0)30 9876543", "0049 30 9876543", "(030) 9876543",
    ]  # fmt: skip
