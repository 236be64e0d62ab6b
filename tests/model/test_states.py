"""The states of rows are explained in one place."""

from __future__ import annotations

import ast
import inspect

from hub.model import states


def test_every_state_has_a_comment_that_says_what_it_means() -> None:
    silent = []
    for kind in ast.parse(inspect.getsource(states)).body:
        if isinstance(kind, ast.ClassDef):
            for line, after in zip(kind.body, [*kind.body[1:], None], strict=True):
                explained = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                if isinstance(line, ast.Assign) and not explained:
                    silent.append(f"{kind.name}.{ast.unparse(line)}")
    assert silent == []
