"""The guard's page at a post: who is at the gate, may they enter, why not, what to do; alarms with one button."""
