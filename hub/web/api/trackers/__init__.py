"""The trackers and tracking numbers of companies, as programs change them."""
