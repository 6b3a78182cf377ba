"""The service archive of a vendor: all that is on file about it in time order, read through the scope of who looks."""
