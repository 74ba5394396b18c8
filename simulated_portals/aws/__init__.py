"""AWS-Achat (marches-publics.info), simulated."""
