"""One call, text or form as every face shows it (`view.ContactView`), and what only the page of one contact shows.

A new field of a call is a column of its table, which each face reads as `view.call`; a new part of a contact is a property of
`ContactView` and its reading in `parts.Parts`.
"""
