"""The ministry's open data portal with the tables of French award data (`fr_decp`), simulated."""
