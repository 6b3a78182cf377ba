"""Evidence outbox: what was done, by whom, in the transaction that did it. Rows are added and never changed."""
