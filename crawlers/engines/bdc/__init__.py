"""Morocco's portal of purchase orders (bons de commande): plain Symfony pages, one list of notices and one of results.

What both lists share: the query and its rules, the page, the walk, and cards that are read by label.
"""
