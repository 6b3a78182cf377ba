# Shared by the scripts of this folder: one way to say, to fail, to know that nothing changed.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '· %s\n' "$*" >&2; }
fail() { printf '✗ %s\n' "$@" >&2; exit 1; }

# fingerprint FILE...: one digest over names and contents; a missing file counts as empty.
fingerprint() { { printf '%s\n' "$@"; cat -- "$@" 2>/dev/null || true; } | sha256sum | cut -d ' ' -f 1; }

# fresh STAMP DIGEST: whether the stamp holds the digest.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
