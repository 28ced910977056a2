"""Page drills: what starts one is asked for, whom it would call, and what came of it. Their verbs are in
`comms.actions.drills`."""
