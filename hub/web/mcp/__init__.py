"""The MCP server: an assistant asks the hub's read models, as the user of an API key. Source: modelcontextprotocol.io."""
