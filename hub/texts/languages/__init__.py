"""What is known of each language: words and patterns in YAML, and how like a refusal words are."""
