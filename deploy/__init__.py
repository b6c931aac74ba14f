"""Puts Qaqpa on machines: the preparation of a checkout, a local Kafka, the demo."""
