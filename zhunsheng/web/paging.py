"""Pages of a list: which rows are shown, of how many, and the addresses of the others."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Pages:
    """One page of a list, counted from 1."""

    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """Place of the first row shown, 0 for an empty page."""
        return min(self.total, (self.number - 1) * self.size + 1) if self.total else 0

    @property
    def last(self) -> int:
        """Place of the last row shown."""
        return min(self.total, self.number * self.size)

    @property
    def count(self) -> int:
        """Number of pages."""
        return max(1, -(-self.total // self.size))

    @property
    def previous(self) -> int | None:
        """Number of the page before, or None."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """Number of the page after, or None."""
        return self.number + 1 if self.number < self.count else None


def page_number(request: HttpRequest) -> int:
    """Return the page asked for. Raises Problem ZS709 for anything but a number from 1 to 100,000."""
    text = request.GET.get("page", "1")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise Problem("ZS709", name="page", value=text)
    return int(text)


def last_page(request: HttpRequest, pages: Pages) -> HttpResponse | None:
    """Lead to the last page whoever asks for one beyond it; None for a page that exists."""
    if pages.number <= pages.count:
        return None
    query = request.GET.copy()
    query["page"] = str(pages.count)
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
