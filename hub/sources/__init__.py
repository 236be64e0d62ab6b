"""Where a visitor came from: sources and media by URL parameters, referrers and connectors' rules."""
