"""Spam: a score with reasons for each call, the callers whom users block or allow, and what a company does about spam."""
