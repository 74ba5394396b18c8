"""Atexo MPE ("Local Trust MPE"): the software of PLACE, of Maximilien and of some fifty other French platforms.

One engine; each platform is a folder of `crawlers/portals` with a `portal.yml` that names it.
"""
