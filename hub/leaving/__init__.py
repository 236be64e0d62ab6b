"""A company leaves the hub: plan, export, numbers, erasure, config.yaml; in steps that can be resumed, with a certificate."""
