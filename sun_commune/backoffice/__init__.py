"""Desks of the officers: review queues, people and duties, disputes, audit trail."""
