"""`/brand`: an account's own name, color and logo, and the files that its pages load for them."""

from hub.web.pages.branding import form
from hub.web.pages.branding.files import brand_routes

__all__ = ["PAGES", "brand_routes"]
PAGES = form.PAGES
