"""What a company's website loads and sends: the page script, visits and forms."""
