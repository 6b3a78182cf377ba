"""Readings on their way: the link to a broker, the consumer of a site, the forwarder of a place with a bad line."""
