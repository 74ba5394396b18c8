"""AWS-Achat, the buyer profiles of AW Solutions (marches-publics.info)."""
