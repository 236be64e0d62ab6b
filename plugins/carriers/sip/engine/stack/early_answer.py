"""Opens the sound of a call before its answer: 183 with our description. The stack can, and its binding has no command for it,
so the stack's own functions are called (baresip.h, re_main.h), on their lock."""

from __future__ import annotations

import ctypes

from baresip import _native

SENDRECV, INACTIVE = 3, 0
"""`enum sdp_dir`, for the sound and for no picture."""


def open_sound(call_id: str) -> bool:
    """Send 183 with a description in the call with this SIP Call-ID; whether it was sent. Blocks for some milliseconds."""
    try:
        stack = ctypes.CDLL(_native.__file__)
        found, progress = stack.uag_call_find, stack.call_progress_dir
        enter, leave = stack.re_thread_enter, stack.re_thread_leave
    except (OSError, AttributeError):
        return False  # a build of the stack that shows no functions: callers hear no early sound
    found.restype, found.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    progress.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    enter()
    try:
        call = found(call_id.encode())
        return bool(call) and progress(call, SENDRECV, INACTIVE) == 0
    finally:
        leave()
