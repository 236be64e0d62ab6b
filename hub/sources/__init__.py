"""Classifies visits: sources and media by URL parameters, referrers and connectors' rules."""
