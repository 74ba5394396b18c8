"""France's award data (données essentielles de la commande publique, DECP), as the ministry brings it together."""
