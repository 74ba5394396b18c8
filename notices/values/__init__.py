"""Parsing of printed values: money, dates, organisation numbers, CPV codes, text.

Pure functions. Each takes what a portal printed and answers a value or None; junk never raises. Each module says which
values are sentinels, that is, printed in place of a value that is absent.
"""
