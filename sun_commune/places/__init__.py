"""Counties, townships and villages as they are and as they were."""
