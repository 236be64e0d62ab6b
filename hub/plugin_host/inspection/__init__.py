"""Names an author's slips in a plugin's code, each with file, line and the right form, before any hook is called.

The plugin's class is inspected after its import, in the child process that describes plugins: signatures, decorators and
base classes are then as Python sees them, and a function knows its file and line. What a class cannot say, its imports and
what its hooks return, is read from the source by `ast`. `hub plugins`, the start and `hub certify` show the same findings,
because all of them ask this package.
"""
