"""achatpublic.com, simulated."""
