"""Morocco's purchase orders (bons de commande): their results, of which the whole stands on the cards of the list."""
