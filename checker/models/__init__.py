"""The sequential objects a history can be judged against."""

from checker.models.append import APPEND
from checker.models.bank import BANK
from checker.models.counter import COUNTER
from checker.models.grow_set import SET
from checker.models.list_append import LIST_APPEND
from checker.models.lock import LOCK
from checker.models.model import Effect, Kind, Model
from checker.models.multi_register import MULTI_REGISTER
from checker.models.mutex import MUTEX
from checker.models.queues import FIFO_QUEUE, UNORDERED_QUEUE
from checker.models.registers import CAS_REGISTER, REGISTER

MODELS = {
    model.name: model
    for model in (
        REGISTER,
        CAS_REGISTER,
        MULTI_REGISTER,
        MUTEX,
        LOCK,
        FIFO_QUEUE,
        UNORDERED_QUEUE,
        SET,
        COUNTER,
        APPEND,
        LIST_APPEND,
        BANK,
    )
}

__all__ = [
    "APPEND",
    "BANK",
    "CAS_REGISTER",
    "COUNTER",
    "FIFO_QUEUE",
    "LIST_APPEND",
    "LOCK",
    "MODELS",
    "MULTI_REGISTER",
    "MUTEX",
    "REGISTER",
    "SET",
    "UNORDERED_QUEUE",
    "Effect",
    "Kind",
    "Model",
]
