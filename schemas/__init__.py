"""What is said: every event, topic, reason and id of Qaqpa, pure, shared by gate and services."""
