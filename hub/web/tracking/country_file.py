"""The operator's IP-to-country file (MMDB, as GeoLite2 or DB-IP provide it): read for a decision; nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.errors import ConfigError

if TYPE_CHECKING:
    import maxminddb


class CountryFile:
    """An open file, or none: then no address has a country. A new file is read after a restart."""

    def __init__(self, path: str | None) -> None:
        self._reader = _open(path) if path else None

    def __bool__(self) -> bool:
        return self._reader is not None

    def country_of(self, address: str | None) -> str | None:
        """The ISO 3166 code of an address's country; None if the file does not know it."""
        if self._reader is None or not address:
            return None
        try:
            found = self._reader.get(address.partition("%")[0])
        except ValueError:  # no address, or one of IPv6 in a file of IPv4
            return None
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else country
        return code.upper() if isinstance(code, str) and len(code) == 2 else None

    def close(self) -> None:
        """Close it."""
        if self._reader is not None:
            self._reader.close()


def _open(path: str) -> maxminddb.Reader:
    try:
        import maxminddb
    except ImportError:
        raise ConfigError(
            "hub: country_file: needs the extra countries; `hub docs deploy/one-machine#extras` says how to install it"
        ) from None
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError):
        raise ConfigError(f"hub: country_file: {path} is not there, or is no MMDB file") from None
