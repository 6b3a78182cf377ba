"""Takes uploads to temporary files and stops reading one that exceeds the limit."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from zhunsheng.kernel.errors import Problem


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """A temporary file per upload; the connection is closed once a file is too large."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Store a piece of a file, or stop. The page then says which file was too large."""
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_LIMITS["file_bytes"]:
            self.request.META["zhunsheng.too_large"] = self.file_name
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def check_uploads(request: Any, files: list[Any]) -> None:
    """Raise Problem ZS705 for a file that is too large, ZS706 for none or for one of another kind."""
    limits = settings.UPLOAD_LIMITS
    if name := request.META.get("zhunsheng.too_large"):
        raise Problem("ZS705", file=name, limit=f"{limits['file_bytes'] // 1024**2} MB")
    suffixes = " ".join(limits["suffixes"])
    if not files:
        raise Problem("ZS706", file="", suffixes=suffixes)
    for file in files:
        if not file.name.lower().endswith(limits["suffixes"]):
            raise Problem("ZS706", file=file.name, suffixes=suffixes)
