"""Privacy statements, terms and notices: their versions, who was told, who accepted, and what waits for that."""
