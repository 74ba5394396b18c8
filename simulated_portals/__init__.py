"""Small servers that keep the rules of real portals and can be told to misbehave.

One folder per portal (`be_bda/`, …). They ship with Vigie: the demonstration, the tests and the benchmarks crawl them.
What every portal shares lives here:

- `messages.py`: the request and the answer a portal handles;
- `application.py`: the ASGI shell around a portal (statistics, faults, `/_control`, `/_stats`);
- `misbehaviour.py`: the faults a portal can be told to show;
- `request_statistics.py`: what a client did, for tests of politeness;
- `running.py`: runs a portal in a thread on a free loopback port;
- `portal_clock.py`: the portal's own local time;
- `french_tenders/`: invented French tenders, with the sessions and the news of the portals that print them.

Run one by hand with `python -m simulated_portals be_bda --port 8800`.
"""
