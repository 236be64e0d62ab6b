"""Texts: what a person's words mean, who must not be texted, and what is queued to go."""
