"""A network that the hub does not know gets its own click id: its plugin, one file, declares the click id and its source."""

from __future__ import annotations

from cli_shop import ADCO, Shop
from sqlmodel import select

from hub.model import Delivery, Disclosure, Visit

CLICK = "4242424242424242"
PAGE = f"https://north.example.com/?RDT_cid={CLICK}&fbclid=IwAR-zqv-unread&ScCid=Zqv-Snap-1"


def declare(shop: Shop, keys: str, click_ids: str) -> None:
    """Let Adco read other click ids."""
    text = ADCO.replace('Share(field="click_ids")', f'Share(field="click_ids", keys={keys})')
    text = text.replace("        flows=(", f"        click_ids={click_ids},\n        flows=(", 1)
    text = text.replace("from hub.api import (", "from hub.api.ads import ClickId\nfrom hub.api import (", 1)
    text = text.replace('reference="ref-1"', "reference=repr(sorted(each.click_ids.items()))")
    (shop.folder / "plugins" / "adco.py").write_text(text)
    shop.configure()


def test_a_click_id_of_a_one_file_network_comes_with_the_visit_and_goes_to_the_network_alone(shop: Shop) -> None:
    declare(shop, '("rdt_cid", "ScCid")', '(ClickId(parameter="rdt_cid", source="reddit", medium="paid_social"),)')
    checked = shop.run("check")
    assert "ads: kept from now on: rdt_cid, ScCid of landing pages." in " ".join(checked.stdout.split())
    assert "ads reads ScCid, but no manifest says which source that is" in " ".join(checked.stdout.split())
    shop.play(visit={"page": PAGE})
    with shop.opened() as opened, opened.hub.store.reading() as session:
        visit = session.exec(select(Visit)).one()
        assert (visit.source, visit.medium, visit.rule) == ("reddit", "paid_social", "click_id.rdt_cid")
        assert visit.click_ids == {"rdt_cid": CLICK, "ScCid": "Zqv-Snap-1"}, "in the manifest's spelling"
        assert visit.landing_page == "https://north.example.com/" and "zqv-unread" not in repr(visit)
        delivery = session.exec(select(Delivery).where(Delivery.connector == "ads")).one()
        assert delivery.reference == repr([("ScCid", "Zqv-Snap-1"), ("rdt_cid", CLICK)])
        sent = session.exec(select(Disclosure).where(Disclosure.connector == "ads")).one()
        assert "user.advertising.click_id" in sent.categories
    tested = shop.json("sources", "test", PAGE, "--company", "north")
    assert (tested["source"], tested["rule"]) == ("reddit", "click_id.rdt_cid")
    listed = shop.json("sources", "list")
    assert {"company": "north", "kind": "click_id", "value": "rdt_cid", "source": "reddit", "medium": "paid_social",
            "connector": "ads"} in listed  # fmt: skip


def test_what_no_connector_reads_is_not_kept_but_tells_the_source(shop: Shop) -> None:
    declare(shop, '("gclid",)', "()")
    shop.play(visit={"page": PAGE})
    with shop.opened() as opened, opened.hub.store.reading() as session:
        visit = session.exec(select(Visit)).one()
    assert visit.click_ids == {} and visit.clicks_end_at is None
    assert (visit.source, visit.rule) == ("facebook", "click_id.fbclid")
