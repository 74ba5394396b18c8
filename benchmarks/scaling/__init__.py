"""How large an installation must be: a model of Vigie's queues, a simulation that checks it, and what they rest on."""
