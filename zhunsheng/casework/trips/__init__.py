"""Cold-chain trips: plan, readings, judgements in versions, alarms with their emergency plans, and what facts learn."""
