"""TED, Tenders Electronic Daily: notices of Belgian and French buyers in the Official Journal of the European Union.

The search API tells what was published on a day; the daily package of the issue holds the documents.
"""
