"""Morocco's purchase orders (bons de commande): the notices that ask for quotes (avis d'achat)."""
