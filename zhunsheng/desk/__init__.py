"""The desk: an order judged while someone waits, by the same rules, with the same hits as a run."""
