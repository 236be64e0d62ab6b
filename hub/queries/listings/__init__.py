"""Lists that programs page through: filters, any order, an offset or a cursor; and what is known of a page of rows."""
