"""The recovery ledger (追回台账): append-only entries of every case, what stands open, and the credit record."""
