"""The ledger: the open book of a charity's account. The platform itself keeps no money."""
