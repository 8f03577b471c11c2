"""A request's body on its way through: counted, and never taken for whole when it was cut short."""

from __future__ import annotations

import io
from typing import IO, Any, Final

__all__ = ["Body", "BodyProblem"]

_CHUNK: Final = 64 * 1024


class BodyProblem(Exception):
    """The body did not come as it was announced.

    Attributes:
        code: AWS's error code.
        message: AWS's words.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Body(io.RawIOBase):
    """A body as a stream that knows how long it has to be.

    Args:
        source: The connection's own stream.
        length: Announced length; None for a chunked body, which says itself when it ends.

    Attributes:
        count: Bytes read so far.
        problem: What was wrong with it; an application that swallows the exception cannot hide it.
    """

    def __init__(self, source: IO[bytes] | Any, length: int | None) -> None:
        super().__init__()
        self._source = source
        self._length = length
        self.count = 0
        self.problem: BodyProblem | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, all of them by default.

        Raises:
            BodyProblem: It ended before its announced length, its chunks are not well-formed, or it came too slowly.
        """
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        if self._length is not None:
            size = min(size, self._length - self.count)
        if size == 0:
            return b""
        try:
            piece: bytes = self._source.read(size)
        except TimeoutError:
            raise self._wrong(
                "RequestTimeout", "Your socket connection to the server was not read from or written to in time."
            ) from None
        except (OSError, ValueError) as error:
            raise self._wrong("InvalidRequest", f"The body of the request is not well-formed: {error}") from error
        self.count += len(piece)
        if not piece and self._length is not None and self.count < self._length:
            raise self._wrong(
                "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
            )
        return piece

    def readinto(self, buffer: Any, /) -> int:
        """See `io.RawIOBase.readinto`."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line; for applications that read forms by lines."""
        line = bytearray()
        while (size is None or size < 0 or len(line) < size) and not line.endswith(b"\n"):
            piece = self.read(1)
            if not piece:
                break
            line += piece
        return bytes(line)

    def _wrong(self, code: str, message: str) -> BodyProblem:
        self.problem = BodyProblem(code, message)
        return self.problem
