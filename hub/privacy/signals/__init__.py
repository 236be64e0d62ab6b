"""What a browser or a website's consent tool says for its visitor: GPC, DNT, TCF and GPP, decoded by pure functions of our own.

Every one of them either understands what it is given or raises `SignalUnreadable`; none ever guesses.
"""

from hub.privacy.signals.bits import SignalUnreadable
from hub.privacy.signals.dnt import objects_by_dnt
from hub.privacy.signals.gpc import objects_by_gpc
from hub.privacy.signals.gpp import GppString, read_gpp
from hub.privacy.signals.hearing import heard
from hub.privacy.signals.tcf import TcfString, read_tcf

__all__ = [
    "GppString",
    "SignalUnreadable",
    "TcfString",
    "heard",
    "objects_by_dnt",
    "objects_by_gpc",
    "read_gpp",
    "read_tcf",
]
