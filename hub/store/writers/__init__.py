"""Writers for busy tables: many waiting rows in one transaction."""
