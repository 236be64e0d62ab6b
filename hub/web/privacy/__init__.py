"""The privacy pages of a company, for people who ask for their data or object."""
