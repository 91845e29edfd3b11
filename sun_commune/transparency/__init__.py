"""The transparency log: the ledger's leaves in a Merkle tree that anybody can check and nobody can rewrite unseen."""
