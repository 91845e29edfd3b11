"""The charity account's statements: read, shown in a dry run, posted; what nobody can place yet; reconciliation."""
