"""The Scrapy project: one folder per portal under `portals/`, what they share beside it. No SQL, no schedules.

- `contract.py`: what a spider is asked, what it hands out, and the ports it may ask back through;
- `completeness.py`: the verdict on a crawled window;
- `politeness.py`: the add-on that gives every spider its manners;
- `engines/`: spiders that several portals can build on;
- `portals/<key>/`: `portal.yml` (every fact about the portal), `spider.py`, `parse.py`.
"""
