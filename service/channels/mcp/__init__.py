"""The Model Context Protocol: tools, lessons as resources, prompts; over HTTP at ``/mcp`` and over stdio.

``forms`` is what the tools give back, ``tools`` are the tools, ``server`` puts them together and serves them.
"""

from service.channels.mcp.server import HEADERS, PATH, Channel, serve_stdio

__all__ = ["HEADERS", "PATH", "Channel", "serve_stdio"]
