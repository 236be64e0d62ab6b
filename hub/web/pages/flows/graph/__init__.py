"""A call flow as a graph: boxes in layers from top to bottom, ways between them as lines with corners, drawn as SVG."""
