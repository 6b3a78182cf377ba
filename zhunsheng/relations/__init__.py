"""Who stands behind a company: holdings upwards through chains, posts, relatives, and what was declared of them."""
