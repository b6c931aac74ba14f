"""A real Kafka broker without containers, from the jars that Maven brings."""
