"""Official documents of cases: drafted from a step, issued under a number, frozen, checked by a code."""
