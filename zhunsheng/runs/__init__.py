"""Runs: choose the rules of a day, judge a snapshot, keep identities, compare, explain, replay."""

from zhunsheng.runs.execute import Manifest, execute, replay
from zhunsheng.runs.store import current, manifest, manifests

__all__ = ["Manifest", "current", "execute", "manifest", "manifests", "replay"]
