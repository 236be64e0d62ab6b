"""The forms of a call flow's steps, derived from the models that config.yaml is checked against."""
