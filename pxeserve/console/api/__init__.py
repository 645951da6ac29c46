"""The REST API beneath `/api/v1`: HTTP's words for the verbs of `operations`, and nothing more. What may be asked is data, a table a noun
(`table`); one way leads from a request to a verb and back (`answering`), and the document that describes it all is drawn from the same
tables (`document`).

Refuses to know who may do what: the verb says so, and the gate holds to it.
"""
