"""The inbox: what the platform asks of a person, what it tells, who acts for whom, and how it is sent outside."""
