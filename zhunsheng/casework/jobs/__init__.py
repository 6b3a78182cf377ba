"""Jobs: work that outlives a request, in a queue that survives a killed worker."""
