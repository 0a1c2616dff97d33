"""The sans-IO interpreter of schedules: inputs in, instructions out."""

from splitbrain.interpreter.interpreter import Interpreter, State
from splitbrain.interpreter.messages import (
    Completed,
    FaultFailed,
    FaultHealed,
    FaultStarted,
    Finish,
    Heal,
    Inject,
    Input,
    Instruction,
    Interrupt,
    Journal,
    Send,
    Start,
    Stop,
    Wake,
    WakeAt,
)

__all__ = [
    "Completed",
    "FaultFailed",
    "FaultHealed",
    "FaultStarted",
    "Finish",
    "Heal",
    "Inject",
    "Input",
    "Instruction",
    "Interpreter",
    "Interrupt",
    "Journal",
    "Send",
    "Start",
    "State",
    "Stop",
    "Wake",
    "WakeAt",
]
