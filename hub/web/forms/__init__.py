"""Forms of pages: fields from pydantic models, what was sent back into them, and edits of config.yaml.

A page takes its fields from the model that config.yaml is checked against (`fields_of`) and adds their words. `Form` holds what
is shown or was sent and what is wrong with it; `edit_config` applies the edit of the file, or shows the form again.
`forms.html` renders each of them.
"""
