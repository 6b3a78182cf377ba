"""Knowledge: published workbooks that a person lays over the rule book, after a dry run and its comparison."""
