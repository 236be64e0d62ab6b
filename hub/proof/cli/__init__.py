"""Commands of the proofs."""
