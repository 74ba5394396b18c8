"""Atexo MPE in its older, Moroccan skin: the national portal and the instances of CDG, CIMR and ADM.

`rows` reads the result list, `detail` the page of a consultation, `lots` the popup of its lots; all fill one
`Consultation` of printed values, which `normalise` makes a notice of. `listing` walks a list, `spider` crawls.
"""
