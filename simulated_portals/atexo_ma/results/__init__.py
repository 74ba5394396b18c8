"""The announcements of the Moroccan national portal, simulated: lists behind a form, pages, openings, programmes."""
