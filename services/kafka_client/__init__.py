"""Talks to Kafka for every room but the bridge: the one importer of aiokafka."""
