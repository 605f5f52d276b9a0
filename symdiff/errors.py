"""Every error that symdiff raises on purpose; each says what was asked, what the mathematics says, and what to write instead."""

from __future__ import annotations


class SymdiffError(Exception):
    """Base of all deliberate errors.

    Parameters: ``message`` (what is wrong, and why), ``where`` (file, line, key, column; as far as known),
    ``instead`` (what to write instead). ``status`` is the exit status of the command line.
    """

    status = 2

    def __init__(self, message: str, *, where: str = "", instead: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.instead = instead

    def located(self, where: str) -> SymdiffError:
        """The same error with ``where`` put in front of what is already known of its place."""
        place = f"{where}, {self.where}" if self.where else where
        error = type(self)(self.message, where=place, instead=self.instead)
        error.__cause__ = self.__cause__
        return error

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        instead = f" Instead: {self.instead}" if self.instead else ""
        return f"{place}{self.message}{instead}"


class ModelError(SymdiffError):
    """The model, or the file that states it, is wrong."""


class ExpressionError(SymdiffError):
    """An expression, in Python notation or LaTeX, cannot be read or is not allowed."""


class UsageError(SymdiffError):
    """A command or function was asked for something that makes no sense for this input."""


class NothingToCheckError(UsageError):
    """No tier of the cross-check applies to the model; the message has the reason of each."""


class NotYetError(SymdiffError):
    """The input is meaningful and part of the contract, but symdiff cannot handle it yet."""


class DerivationError(SymdiffError):
    """The mathematics forbids what was asked: a quantity diverges, or no slow equation exists."""


class OpenCaseError(DerivationError):
    """The result differs below, at and above the value ``at`` of ``index``, and the declared range holds both sides."""

    def __init__(self, message: str, *, where: str = "", instead: str = "", index: object = None, at: int = 0) -> None:
        super().__init__(message, where=where, instead=instead)
        self.index, self.at = index, at

    def located(self, where: str) -> OpenCaseError:
        """The same error with a place, and the same index."""
        error = super().located(where)
        assert isinstance(error, OpenCaseError)
        error.index, error.at = self.index, self.at
        return error


class ResourceError(SymdiffError):
    """The answer would need more memory or time than allowed; the message states its size."""


class TimeLimitError(SymdiffError):
    """The time limit that the user set ran out before there was an answer (exit status 3: undecided)."""

    status = 3


class InternalFaultError(SymdiffError):
    """Two independent routes disagree, or an internal invariant is broken: a fault of symdiff itself."""

    status = 4
