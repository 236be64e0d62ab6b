"""The authorization server of `/mcp`, so that hosted assistants connect: OAuth 2.1 as the Model Context Protocol asks for it.

Source: modelcontextprotocol.io/specification/2026-07-28/basic/authorization.
"""
