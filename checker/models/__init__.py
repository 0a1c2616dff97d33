"""The sequential objects a history can be judged against."""

from checker.models.model import Effect, Kind, Model
from checker.models.registers import CAS_REGISTER, REGISTER

MODELS = {model.name: model for model in (REGISTER, CAS_REGISTER)}

__all__ = ["CAS_REGISTER", "MODELS", "REGISTER", "Effect", "Kind", "Model"]
