"""The only writers of accounts, one module per act. All are called inside the caller's transaction."""
