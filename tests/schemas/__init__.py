"""What is said: its frozen form, its envelope, who may say it and where it lies."""
