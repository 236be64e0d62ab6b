"""The faults that a chaos run can play: one module each, which says what the fault does, how it ends and what it needs."""

from hub.proof.chaos.faults.fault import Fault, Scene
from hub.proof.chaos.faults.registry import FAULTS, chosen

__all__ = ["FAULTS", "Fault", "Scene", "chosen"]
