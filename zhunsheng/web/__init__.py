"""Pages: templates, htmx and one chart. Views read through queries, write through actions, and hold no rule."""
