"""Cases planted on purpose: violations, legitimate look-alikes and cases that cannot be judged, with an answer key."""
