"""Shows: the pages people use, pushed live from Kafka by Server-Sent Events."""
