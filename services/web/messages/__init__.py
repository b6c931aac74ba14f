"""Messages to visitors and hosts: what they say, and how they leave this machine."""
