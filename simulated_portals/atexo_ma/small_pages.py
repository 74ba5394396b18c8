"""Pages that the portal shows in place of what was asked for."""

HOME = "<html><head><title>Marchés publics électroniques</title></head><body><h1>Accueil</h1></body></html>"
MAINTENANCE = (
    "<html><head><title>Maintenance</title></head><body><h1>Le portail est en maintenance</h1>"
    "<p>Merci de revenir plus tard.</p></body></html>"
)
REJECTED = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
    "administrator.<br><br>Your support ID is: 1234567890123456789<br><br></body></html>"
)
LOGIN = (
    "<html><head><title>Authentification</title></head><body><form method='post'><input type='text' name='login'/>"
    "<input type='password' name='password'/></form></body></html>"
)
REFUSED_AGENTS = ("curl/", "python-requests/", "scrapy/", "python-urllib", "wget/")
"""Beginnings of the user agents that the firewall refuses."""
