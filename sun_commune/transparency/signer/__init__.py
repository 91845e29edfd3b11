"""The signer: a process of its own, best under a user of its own, that signs the log as long as it only grows.

It holds the key, and outside the database what it signed last: size, root and the tree's frontier. Each time the log
has been sealed further it reads the new leaves, computes the tree itself and signs what it computed. It refuses, raises
an alarm that the site shows, and signs nothing, when the log is shorter than what was signed, when a root that the
site sealed is not the computed one, when anything before was changed, or when a witness has seen another history. So a
hand that owns the database alone can stop the log, not rewrite it; and a database that was restored from an old copy
is not signed below what was published. The web server never sees the key. ``__main__`` holds the commands.
"""
