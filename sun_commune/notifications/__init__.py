"""Inbox on the site and outbox of e-mails and text messages; written by listeners, sent by a job."""
