"""The policy written a second time, in Cedar and from the words of the specification, and random worlds to ask both."""
