"""achatpublic.com, buyer profiles of French public bodies."""
