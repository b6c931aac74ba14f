"""The visitor portal: how somebody without an account asks to come, and gets a pass."""
