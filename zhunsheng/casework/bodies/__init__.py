"""Bodies, users and duties: who is who, who may do what, and which rows each may see."""
