"""Pages that mix features: home, supermarket, need, village, ledger and the other columns."""
