"""Command: write the generated pages, or with --check only name the stale ones."""

import sys

from tools.docs import committed, generated, stale, write


def main() -> int:
    """Return 0 when all is current, 1 when --check found a stale page."""
    checking = "--check" in sys.argv[1:]
    pages = stale(generated(), committed()) if checking else write()
    word = "过期 · stale" if checking else "已更新 · written"
    sys.stdout.writelines(f"{word}: docs/reference/{page}\n" for page in pages)
    return int(checking and bool(pages))


sys.exit(main())
